package io.bifocal.conformance.stress;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * By HTTP/2 (RFC 9113): a DATA frame has one byte, and the flow-control window is one byte wide.
 * What is taken is given back to the connection's window at once, so that a stream that is left
 * lying holds no other up.
 */
final class Http2Trickle implements Trickle {
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final int HURRIED_WINDOW = 16 * 1024;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;

  private final Connection connection;
  private final int id;
  private final ByteBuf received = Unpooled.buffer();
  private int window = 1;
  private int widest = 1;
  private int status;
  private boolean ended;

  Http2Trickle(InetSocketAddress door) throws IOException {
    this(new Connection(door));
  }

  private Http2Trickle(Connection connection) {
    this.connection = connection;
    this.id = connection.add(this);
  }

  @Override
  public void post(String path, byte[] body, Runnable halfway) throws IOException {
    Http2Headers head =
        new DefaultHttp2Headers()
            .method(body.length == 0 ? "GET" : "POST")
            .scheme("http")
            .authority("slow")
            .path(path);
    byte[] block = connection.encode(id, head);
    int end = body.length == 0 ? END_STREAM : 0;
    for (byte one : frame(HEADERS, end | END_HEADERS, id, block)) {
      connection.write(one);
    }
    for (int i = 0; i < body.length; i++) {
      if (i == body.length / 2) {
        halfway.run();
      }
      int last = i == body.length - 1 ? END_STREAM : 0;
      connection.write(frame(DATA, last, id, body[i]));
    }
  }

  @Override
  public int status() throws IOException {
    while (status == 0) {
      connection.readFrame();
    }
    return status;
  }

  @Override
  public int read() throws IOException {
    while (!received.isReadable()) {
      if (ended) {
        return -1;
      }
      if (window < widest) {
        connection.widen(id, widest - window);
        window = widest;
      }
      connection.readFrame();
    }
    return received.readUnsignedByte();
  }

  @Override
  public void hurry() {
    widest = HURRIED_WINDOW;
  }

  @Override
  public Trickle beside() {
    return new Http2Trickle(connection);
  }

  @Override
  public void close() throws IOException {
    if (id == 1) {
      connection.socket.close();
    }
  }

  private static byte[] frame(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .putInt(payload.length << 8 | type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  /** What the exchanges beside each other share. */
  private static final class Connection {
    private final Map<Integer, Http2Trickle> streams = new HashMap<>();
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
    private final Socket socket = new Socket();
    private final OutputStream out;
    private final DataInputStream in;

    Connection(InetSocketAddress door) throws IOException {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(door, TIMEOUT_MILLIS);
      out = socket.getOutputStream();
      in = new DataInputStream(socket.getInputStream());
      write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
      // SETTINGS_INITIAL_WINDOW_SIZE
      write(frame(SETTINGS, 0, 0, (byte) 0, (byte) 4, (byte) 0, (byte) 0, (byte) 0, (byte) 1));
    }

    int add(Http2Trickle stream) {
      int id = 1 + 2 * streams.size();
      streams.put(id, stream);
      return id;
    }

    void write(byte... bytes) throws IOException {
      out.write(bytes);
    }

    byte[] encode(int stream, Http2Headers head) throws IOException {
      ByteBuf block = Unpooled.buffer();
      try {
        encoder.encodeHeaders(stream, head, block);
      } catch (Http2Exception e) {
        throw new IOException(e);
      }
      byte[] bytes = new byte[block.readableBytes()];
      block.readBytes(bytes);
      return bytes;
    }

    void widen(int stream, int by) throws IOException {
      write(frame(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(by).array()));
    }

    void readFrame() throws IOException {
      int lengthAndType = in.readInt();
      int flags = in.readUnsignedByte();
      Http2Trickle stream = streams.get(in.readInt());
      byte[] payload = in.readNBytes(lengthAndType >>> 8);
      switch (lengthAndType & 0xff) {
        case DATA -> {
          if (stream == null || (flags & PADDED) != 0) {
            throw new IOException("DATA that nobody wants");
          }
          stream.received.discardReadBytes().writeBytes(payload);
          stream.window -= payload.length;
          stream.ended = (flags & END_STREAM) != 0;
          if (stream.window < 0) {
            throw new IOException("more than the window is wide");
          }
          if (payload.length > 0) {
            widen(0, payload.length);
          }
        }
        case HEADERS -> {
          if (stream == null || (flags & (PADDED | END_HEADERS)) != END_HEADERS) {
            throw new IOException("HEADERS that nobody understands");
          }
          stream.status = status(stream.id, payload);
          stream.ended = (flags & END_STREAM) != 0;
        }
        case SETTINGS -> {
          if ((flags & ACK) == 0) {
            write(frame(SETTINGS, ACK, 0));
          }
        }
        case PING -> write(frame(PING, ACK, 0, payload));
        case RST_STREAM, GOAWAY ->
            throw new IOException(
                "reset, or told to go: %d %s"
                    .formatted(
                        lengthAndType & 0xff,
                        ByteBufUtil.prettyHexDump(Unpooled.wrappedBuffer(payload))));
        default -> {
          // WINDOW_UPDATE: no body is longer than the window is from the beginning.
        }
      }
    }

    private int status(int stream, byte[] block) throws IOException {
      try {
        Http2Headers head = decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block));
        return Integer.parseInt(head.status().toString());
      } catch (Http2Exception e) {
        throw new IOException(e);
      }
    }
  }
}
