// Package e2e tries the whole product as people run it: the built programs as processes of their own, with a real
// Temporal server, real databases and websites on loopback addresses. It holds tests only.
package e2e
