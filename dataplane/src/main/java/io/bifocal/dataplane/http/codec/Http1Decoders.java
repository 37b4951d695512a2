package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.HeaderKeyFormat;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Netty's parsers as they are set up here: strict, with names in lower case. */
final class Http1Decoders {
  private Http1Decoders() {}

  private static HttpDecoderConfig config(
      int maxHeaderBytes, CasedHeaders.@Nullable Factory cased) {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(maxHeaderBytes)
        .setMaxHeaderSize(maxHeaderBytes)
        .setMaxChunkSize(1 << 20)
        .setStrictLineParsing(true)
        .setHeadersFactory(cased == null ? DefaultHttpHeadersFactory.headersFactory() : cased)
        .setTrailersFactory(DefaultHttpHeadersFactory.trailersFactory());
  }

  // Null unless it matters how names are written.
  private static CasedHeaders.@Nullable Factory cased(Http1Options options) {
    return options.keyFormat() instanceof HeaderKeyFormat.PreserveCase format
        ? new CasedHeaders.Factory(format)
        : null;
  }

  private static AsciiString name(
      byte[] line, int start, int length, CasedHeaders.@Nullable Factory cased) {
    AsciiString name = HeaderNames.of(line, start, length);
    if (cased != null) {
      cased.read(name, line, start, length);
    }
    return name;
  }

  /** Both framings at once: the way to smuggle a request (RFC 9112, section 6.1). */
  static final class BothLengths extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    BothLengths() {
      super("both transfer-encoding and content-length");
    }
  }

  /** Parses requests. */
  static final class Requests extends HttpRequestDecoder {
    // In no method.
    private static final byte NO_TOKEN = '(';

    private boolean between = true;

    private final boolean chunkedLength;
    private final CasedHeaders.@Nullable Factory cased;

    Requests(Http1Options options) {
      this(options, cased(options));
    }

    private Requests(Http1Options options, CasedHeaders.@Nullable Factory cased) {
      super(config(options.limits().maxHeaderBytes(), cased));
      this.chunkedLength = options.chunkedLength();
      this.cased = cased;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf bytes, List<Object> out)
        throws Exception {
      if (between && !skipEmptyLines(bytes)) {
        return;
      }
      between = false;
      int before = out.size();
      super.decode(ctx, bytes, out);
      between = out.size() > before && out.get(out.size() - 1) instanceof LastHttpContent;
    }

    // Netty would skip blanks and control characters too, which begin no request.
    private static boolean skipEmptyLines(ByteBuf bytes) {
      while (bytes.isReadable()) {
        byte next = bytes.getByte(bytes.readerIndex());
        if (next != '\r' && next != '\n') {
          if (next <= ' ') {
            bytes.setByte(bytes.readerIndex(), NO_TOKEN);
          }
          return true;
        }
        bytes.skipBytes(1);
      }
      return false;
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) throws Exception {
      if (!initialLine[2].startsWith("HTTP/")) {
        throw new IllegalArgumentException("not a version of HTTP");
      }
      return super.createMessage(initialLine);
    }

    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
      return name(line, start, length, cased);
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
      if (!chunkedLength) {
        throw new BothLengths();
      }
      clearContentLength();
      message.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
    }
  }

  /** Parses answers; must be told when there is no body because the request was HEAD. */
  static final class Responses extends HttpResponseDecoder {
    boolean toHead;
    // The request's, while its answer is waited for.
    @Nullable RequestHead upgrading;

    private final boolean chunkedLength;
    private final CasedHeaders.@Nullable Factory cased;

    Responses(Http1Options options) {
      this(options, cased(options));
    }

    private Responses(Http1Options options, CasedHeaders.@Nullable Factory cased) {
      super(config(options.limits().maxHeaderBytes(), cased));
      this.chunkedLength = options.chunkedLength();
      this.cased = cased;
    }

    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
      return name(line, start, length, cased);
    }

    /** Whether there are bytes behind the last message. */
    boolean hasSurplus() {
      return actualReadableBytes() > 0;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
      return toHead || isUpgraded(message) || super.isContentAlwaysEmpty(message);
    }

    @Override
    protected boolean isSwitchingToNonHttp1Protocol(HttpResponse message) {
      return isUpgraded(message);
    }

    private boolean isUpgraded(HttpMessage message) {
      RequestHead head = upgrading;
      return head != null
          && message instanceof HttpResponse response
          && head.upgradedBy(response.status().code());
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
      if (!chunkedLength) {
        throw new BothLengths();
      }
      message.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
    }
  }
}
