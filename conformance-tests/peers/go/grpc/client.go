package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type client struct{ connection *grpc.ClientConn }

func call(address, authority string) {
	trust := insecure.NewCredentials()
	if authority != "" {
		var err error
		if trust, err = credentials.NewClientTLSFromFile(authority, "localhost"); err != nil {
			fail(err)
		}
	}
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(trust),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largestMessage)))
	if err != nil {
		fail(err)
	}
	defer connection.Close()
	c := client{connection}
	for _, part := range []struct {
		name string
		play func(context.Context) (string, error)
	}{
		{"unary", c.unary}, {"metadata", c.metadata}, {"large", c.large}, {"down", c.down}, {"up", c.up},
		{"talk", c.talk}, {"stopped", c.stopped}, {"refused", c.refused}, {"unknown", c.unknown},
		{"deadline", c.deadline}, {"cancelled", c.cancelled}, {"given up", c.givenUp}, {"after all", c.unary},
	} {
		within, done := context.WithTimeout(context.Background(), 30*time.Second)
		result, err := part.play(within)
		done()
		if err != nil {
			result = "FAILED: " + err.Error()
		}
		fmt.Printf("%s: %s\n", part.name, result)
	}
}

func (c client) echo(ctx context.Context, message []byte, options ...grpc.CallOption) ([]byte, error) {
	return c.ask(ctx, "Echo", message, options...)
}

func (c client) ask(ctx context.Context, method string, message []byte, options ...grpc.CallOption) ([]byte, error) {
	answer := &wrapperspb.BytesValue{}
	err := c.connection.Invoke(ctx, service+method, wrapperspb.Bytes(message), answer, options...)
	return answer.Value, err
}

func (c client) open(ctx context.Context, method string) (grpc.ClientStream, error) {
	return c.connection.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, service+method)
}

func (c client) unary(ctx context.Context) (string, error) {
	answer, err := c.echo(ctx, []byte("hello"))
	return string(answer), err
}

func (c client) metadata(ctx context.Context) (string, error) {
	var header, trailer metadata.MD
	_, err := c.echo(metadata.AppendToOutgoingContext(ctx, "x", "y"), nil, grpc.Header(&header), grpc.Trailer(&trailer))
	return fmt.Sprintf("%s %q %s", header.Get("x-header"), header.Get("x-bin"), trailer.Get("x-trailer")), err
}

func (c client) large(ctx context.Context) (string, error) {
	message := bytes.Repeat(kilobyte(0), 8*1024)
	answer, err := c.echo(ctx, message)
	return fmt.Sprintf("%d bytes, the same: %t", len(answer), bytes.Equal(answer, message)), err
}

func (c client) down(ctx context.Context) (string, error) {
	stream, err := c.open(ctx, "Down")
	if err == nil {
		err = send(stream, wrapperspb.Int32(1000))
	}
	if err == nil {
		err = stream.CloseSend()
	}
	if err != nil {
		return "", err
	}
	for i := 0; ; i++ {
		message := &wrapperspb.BytesValue{}
		if err := stream.RecvMsg(message); err == io.EOF {
			return fmt.Sprint(i, " messages"), nil
		} else if err != nil {
			return "", err
		}
		if !bytes.Equal(message.Value, kilobyte(i)) {
			return "", fmt.Errorf("message %d is another", i)
		}
	}
}

func (c client) up(ctx context.Context) (string, error) {
	stream, err := c.open(ctx, "Up")
	for i := 0; i < 1000 && err == nil; i++ {
		err = send(stream, wrapperspb.Bytes(kilobyte(i)))
	}
	if err == nil {
		err = stream.CloseSend()
	}
	sum := &wrapperspb.Int32Value{}
	if err == nil {
		err = stream.RecvMsg(sum)
	}
	return fmt.Sprint(sum.Value, " bytes"), err
}

func (c client) talk(ctx context.Context) (string, error) {
	stream, err := c.open(ctx, "Talk")
	if err != nil {
		return "", err
	}
	for i := 0; i < 100; i++ {
		answer := &wrapperspb.BytesValue{}
		if err := send(stream, wrapperspb.Bytes(kilobyte(i))); err != nil {
			return "", err
		}
		if err := stream.RecvMsg(answer); err != nil {
			return "", err
		}
		if !bytes.Equal(answer.Value, kilobyte(i)) {
			return "", fmt.Errorf("answer %d is another", i)
		}
	}
	if err := stream.CloseSend(); err != nil {
		return "", err
	}
	if err := stream.RecvMsg(&wrapperspb.BytesValue{}); err != io.EOF {
		return "", fmt.Errorf("no end but %v", err)
	}
	return "100 turns", nil
}

// The server ends a stream whose request goes on.
func (c client) stopped(ctx context.Context) (string, error) {
	stream, err := c.open(ctx, "Talk")
	if err == nil {
		err = send(stream, wrapperspb.Bytes([]byte("stop")))
	}
	if err != nil {
		return "", err
	}
	return said(stream.RecvMsg(&wrapperspb.BytesValue{})), nil
}

func (c client) refused(ctx context.Context) (string, error) {
	var trailer metadata.MD
	_, err := c.ask(ctx, "Refuse", nil, grpc.Trailer(&trailer))
	return fmt.Sprint(said(err), " ", trailer.Get("x-trailer")), nil
}

func (c client) unknown(ctx context.Context) (string, error) {
	_, err := c.ask(ctx, "Nothing", nil)
	return status.Code(err).String(), nil
}

// Both ends watch over a deadline, and the server's may be first: a proxy makes UNAVAILABLE of its reset.
func (c client) deadline(ctx context.Context) (string, error) {
	began := time.Now()
	limited, done := context.WithTimeout(ctx, 200*time.Millisecond)
	defer done()
	_, problem := c.ask(limited, "Wait", nil)
	took := time.Since(began)
	ended, err := c.ask(ctx, "Ended", nil)
	inTime := problem != nil && took > 150*time.Millisecond && took < 5*time.Second
	return fmt.Sprintf("kept: %t; ended there %s", inTime, ended), err
}

// The client's own deadline is not told, so that only a reset can end the call upstream.
func (c client) cancelled(ctx context.Context) (string, error) {
	cancellable, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, cancel)
	_, problem := c.ask(cancellable, "Wait", nil)
	ended, err := c.ask(ctx, "Ended", nil)
	return fmt.Sprintf("%s; ended there %s", status.Code(problem), ended), err
}

// A stream is left in the middle of its messages.
func (c client) givenUp(ctx context.Context) (string, error) {
	cancellable, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.open(cancellable, "Down")
	if err == nil {
		err = send(stream, wrapperspb.Int32(1_000_000))
	}
	if err == nil {
		err = stream.CloseSend()
	}
	for i := 0; i < 10 && err == nil; i++ {
		err = stream.RecvMsg(&wrapperspb.BytesValue{})
	}
	if err != nil {
		return "", err
	}
	cancel()
	for err == nil {
		err = stream.RecvMsg(&wrapperspb.BytesValue{})
	}
	return status.Code(err).String(), nil
}

// send sends; where the server has ended the stream, receiving tells why.
func send(stream grpc.ClientStream, message proto.Message) error {
	err := stream.SendMsg(message)
	if errors.Is(err, io.EOF) {
		return stream.RecvMsg(&wrapperspb.BytesValue{})
	}
	return err
}

func said(err error) string {
	if err == nil {
		return "nothing"
	}
	s := status.Convert(err)
	return fmt.Sprintf("%s %q %d details", s.Code(), s.Message(), len(s.Details()))
}
