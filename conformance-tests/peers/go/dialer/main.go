// Fetches a URL over connections of their own with Go's net.Dialer, and says on a line of JSON what came of each.
//
//	dialer URL COUNT
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

type reply struct {
	Body  string  `json:"body,omitempty"`
	Error string  `json:"error,omitempty"`
	Ms    float64 `json:"ms"`
}

func fetch(client *http.Client, url string) reply {
	began := time.Now()
	answer := func(body, problem string) reply {
		return reply{body, problem, float64(time.Since(began).Microseconds()) / 1000}
	}
	response, err := client.Get(url)
	if err != nil {
		return answer("", err.Error())
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer("", err.Error())
	}
	return answer(string(body), "")
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: dialer URL COUNT")
		os.Exit(2)
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "dialer: COUNT is a number, not", os.Args[2])
		os.Exit(2)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 15 * time.Second}
	for i := 0; i < count; i++ {
		line, _ := json.Marshal(fetch(client, os.Args[1]))
		fmt.Println(string(line))
	}
}
