package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The methods of the service, each with messages that protobuf brings along.
const service = "/bifocal.peers.Play/"

const largestMessage = 16 << 20

type play struct {
	// How the calls of Wait ended.
	ended chan string
}

func unary(name string, handle func(*play, context.Context, []byte) ([]byte, error)) grpc.MethodDesc {
	return grpc.MethodDesc{
		MethodName: name,
		Handler: func(server any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			request := &wrapperspb.BytesValue{}
			if err := decode(request); err != nil {
				return nil, err
			}
			answer, err := handle(server.(*play), ctx, request.Value)
			return wrapperspb.Bytes(answer), err
		},
	}
}

func stream(name string, up, down bool, handle func(grpc.ServerStream) error) grpc.StreamDesc {
	return grpc.StreamDesc{
		StreamName:    name,
		ClientStreams: up,
		ServerStreams: down,
		Handler:       func(_ any, s grpc.ServerStream) error { return handle(s) },
	}
}

// Echo says it back, and what metadata x came with it as header and as trailer.
func echo(_ *play, ctx context.Context, message []byte) ([]byte, error) {
	asked, _ := metadata.FromIncomingContext(ctx)
	if x := asked.Get("x"); len(x) > 0 {
		grpc.SetHeader(ctx, metadata.Pairs("x-header", x[0], "x-bin", "\x00\xff"))
		grpc.SetTrailer(ctx, metadata.Pairs("x-trailer", x[0]))
	}
	return message, nil
}

func refuse(_ *play, ctx context.Context, _ []byte) ([]byte, error) {
	grpc.SetTrailer(ctx, metadata.Pairs("x-trailer", "why"))
	refusal, err := status.New(codes.FailedPrecondition, "no: nö %").WithDetails(wrapperspb.String("a detail"))
	if err != nil {
		return nil, err
	}
	return nil, refusal.Err()
}

func wait(p *play, ctx context.Context, _ []byte) ([]byte, error) {
	_, limited := ctx.Deadline()
	<-ctx.Done()
	p.ended <- fmt.Sprintf("with a deadline: %t", limited)
	return nil, ctx.Err()
}

// Ended waits until a call of Wait has ended.
func ended(p *play, ctx context.Context, _ []byte) ([]byte, error) {
	select {
	case how := <-p.ended:
		return []byte(how), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Down has as many messages of a kilobyte as it is asked for.
func down(s grpc.ServerStream) error {
	count := &wrapperspb.Int32Value{}
	if err := s.RecvMsg(count); err != nil {
		return err
	}
	for i := int32(0); i < count.Value; i++ {
		if err := s.SendMsg(wrapperspb.Bytes(kilobyte(int(i)))); err != nil {
			return err
		}
	}
	return nil
}

// Up counts what it gets, and says that at the end.
func up(s grpc.ServerStream) error {
	sum := int32(0)
	for {
		message := &wrapperspb.BytesValue{}
		if err := s.RecvMsg(message); err == io.EOF {
			return s.SendMsg(wrapperspb.Int32(sum))
		} else if err != nil {
			return err
		}
		sum += int32(len(message.Value))
	}
}

// Talk says each message back as it comes; a word "stop" ends it from the server's side.
func talk(s grpc.ServerStream) error {
	for {
		message := &wrapperspb.BytesValue{}
		if err := s.RecvMsg(message); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if string(message.Value) == "stop" {
			return status.Error(codes.Aborted, "stopped")
		}
		if err := s.SendMsg(message); err != nil {
			return err
		}
	}
}

func kilobyte(first int) []byte {
	bytes := make([]byte, 1024)
	for i := range bytes {
		bytes[i] = byte(first + i)
	}
	return bytes
}

func serve(certificate, key string) {
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(largestMessage)}
	if certificate != "" {
		tls, err := credentials.NewServerTLSFromFile(certificate, key)
		if err != nil {
			fail(err)
		}
		options = append(options, grpc.Creds(tls))
	}
	server := grpc.NewServer(options...)
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "bifocal.peers.Play",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			unary("Echo", echo), unary("Refuse", refuse), unary("Wait", wait), unary("Ended", ended),
		},
		Streams: []grpc.StreamDesc{
			stream("Down", false, true, down), stream("Up", true, false, up), stream("Talk", true, true, talk),
		},
	}, &play{make(chan string, 16)})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	fmt.Println(listener.Addr())
	fail(server.Serve(listener))
}
