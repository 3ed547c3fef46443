// Package cursor makes and reads the opaque cursors of a connection.
//
// A cursor holds the values of the sort key of one row, in order, and the name of the list it was made for: a cursor of one
// list given to another is an error, not a wrong page. Cursors are not signed; a store treats their values as input like
// any other. [Encode] and [Decode] are each other's inverse.
package cursor
