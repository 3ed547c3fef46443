// Package demand says what an operation costs: how much work it may be to answer, before it is answered, and how much it
// was, afterwards. Whether a cost is too high is for the caller to judge.
//
// # What things cost
//
// The supergraph's @cost and @listSize decide (https://specs.apollo.dev/cost/v0.1); what they leave open has a default:
//
//   - an object that is returned costs 1, a scalar or enum value 0, and a mutation 10 once;
//   - @cost on a field replaces what its value costs by itself; @cost on the type of the value is the default for all fields
//     that return it;
//   - a list costs its number of items times what one item costs. That number is what @listSize says: the largest of its
//     slicing arguments, else its assumed size; without @listSize it is Options.ListSize. A list that is named in the
//     sizedFields of the field above it has the size that stands there;
//   - an input object that is given costs 1, its fields what they hold, scalars 0, lists what their items cost together;
//     @cost on the argument, the input field, or the type replaces that. What is null or left out is free;
//   - where a value may be of several types, the most expensive counts;
//   - __typename and introspection are free.
//
// # How it is computed
//
// Compile turns an operation into a small program, once. What depends on no variable is folded to a number; most operations
// are one number as a whole. What is left are holes for slicing arguments, for input values, and for @skip and @include.
// Selection sets that are equal are one node of the program, so that fragments which expand to 2^n positions cost n.
package demand
