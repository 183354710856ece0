// Package localcheck checks lists of websites in this process alone, without a server, a database or Temporal. It
// reads lists, checks them in passes like a job, and writes a result for every target and every invalid line as soon
// as it is final.
package localcheck
