// Both ends of gRPC as grpc-go speaks it.
//
//	grpc serve [-cert FILE -key FILE]    listens on 127.0.0.1, says where on a line, and serves
//	grpc call [-ca FILE] ADDRESS         plays every kind of call, and says on a line each what came of it
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	flags := flag.NewFlagSet("grpc", flag.ExitOnError)
	certificate := flags.String("cert", "", "the server's certificate; without one there is no TLS")
	key := flags.String("key", "", "its key")
	authority := flags.String("ca", "", "whom the client trusts; without one there is no TLS")
	if len(os.Args) < 2 {
		fail("usage: grpc serve|call; see the source")
	}
	flags.Parse(os.Args[2:])
	switch {
	case os.Args[1] == "serve" && flags.NArg() == 0:
		serve(*certificate, *key)
	case os.Args[1] == "call" && flags.NArg() == 1:
		call(flags.Arg(0), *authority)
	default:
		fail("usage: grpc serve|call; see the source")
	}
}

func fail(what any) {
	fmt.Fprintln(os.Stderr, "grpc:", what)
	os.Exit(2)
}
