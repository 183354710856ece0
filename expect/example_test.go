package expect_test

import (
	"fmt"

	"github.com/website-status-checker/wsc/expect"
)

func Example() {
	compiler, err := expect.NewCompiler()
	if err != nil {
		panic(err)
	}
	if _, err := compiler.Compile("status = 200"); err != nil {
		fmt.Println(err)
	}

	expectation, err := compiler.Compile("status == 200 && body.contains('Add to cart')")
	if err != nil {
		panic(err)
	}
	verdict := expectation.Check(&expect.Observation{Status: 200, Body: "Sold out"})
	fmt.Println(verdict.Met)
	fmt.Println(expectation.Describe(verdict))
	// Output:
	// line 1, column 8: syntax error: unexpected '='
	// false
	// Expected status == 200 && body.contains('Add to cart'), but: status = 200, body = "Sold out"
}
