// Package demo is the one description of the demo data that every service seeds.
//
// Services never read each other's tables, so each seeds its own data alone; what keeps the references between them
// consistent is that all of it is computed by the pure functions of this package from a number.
//
// # The scheme
//
//   - Users are numbered 1 to [UserCount]. [UserID](1) is "u-0001": the letter and four digits.
//   - Users 1 to 3 are the fixed accounts of [Accounts] (ada@example.com, grace@example.com, admin@example.com),
//     each with the password [Password]. The others cannot log in.
//   - [UserName], [UserEmail] and [UserCreatedAt] give the same answer on every machine and at every time.
//   - Other services number their own rows in the same way with [ID]: ID("p", 42) is "p-0042".
//   - [Pick] is the deterministic stand-in for a random choice: it depends on its arguments alone.
//   - Every time is derived from [Epoch], never from the clock.
package demo
