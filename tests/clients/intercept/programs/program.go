// A program that knows only the URLs of the cloud.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	answer, err := http.Get("https://iam.cn-north-4.myhuaweicloud.com/v3")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer answer.Body.Close()
	fmt.Println(answer.StatusCode)
}
