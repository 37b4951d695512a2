// Upstream answers every request with one message: what go-control-plane's integration driver expects behind a proxy.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
)

func main() {
	message := flag.String("message", "Default message", "the body of every response")
	address := flag.String("address", "127.0.0.1:0", "where to listen; what was bound is printed")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, *message)
	})))
}
