// Package generate makes random inputs from a seed: valid operations over any world, and sets of subgraphs that compose
// and together use every federation directive. Equal seeds give equal inputs. Package shrink makes failing ones small.
package generate
