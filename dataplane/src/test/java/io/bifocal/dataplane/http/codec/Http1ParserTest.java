package io.bifocal.dataplane.http.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.dataplane.pool.HeaderKeyFormat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found in bytes, wherever they are cut. */
class Http1ParserTest {
  private static final String GET = "GET /a HTTP/1.1\r\nhost: h\r\n\r\n";
  private static final String HEARD_GET = "GET /a HTTP_1_1 [host: h] NONE";
  private static final Http1Options OPTIONS = Http1Options.of(new Http1Limits(200, 100));

  /** Writes down what it hears; what comes in pieces is one body. */
  private static class Heard implements Http1Parser.Receiver {
    final List<String> all = new ArrayList<>();
    @Nullable Http1Parser parser;
    private final StringBuilder body = new StringBuilder();

    @Override
    public void onHead(HeaderList headers, Http1Parser.Body follows) {
      String line = "";
      if (parser instanceof Http1RequestParser requests) {
        RequestLine of = requests.line();
        line = of.method() + " " + of.target() + " " + of.version();
      } else if (parser instanceof Http1ResponseParser responses) {
        line = responses.status() + " " + responses.version();
      }
      all.add(line + " " + text(headers) + " " + follows);
    }

    private static String text(HttpHeaders headers) {
      List<String> each = new ArrayList<>();
      headers
          .iteratorCharSequence()
          .forEachRemaining(header -> each.add(header.getKey() + ": " + header.getValue()));
      return each.toString();
    }

    @Override
    public void onBody(ByteBuf data, boolean last) {
      assertThat(data.isReadable()).isTrue();
      body.append(data.toString(ISO_8859_1));
      data.release();
      if (last) {
        endBody();
        all.add("end");
      }
    }

    @Override
    public void onEnd(HttpHeaders trailers) {
      endBody();
      all.add("end " + text(trailers));
    }

    @Override
    public void onFault(Http1Parser.Fault fault, HeaderList headers) {
      endBody();
      all.add(fault.toString());
    }

    void endBody() {
      if (body.length() > 0) {
        all.add("'" + body + "'");
        body.setLength(0);
      }
    }
  }

  private static List<String> heard(
      Function<Heard, Http1Parser> parsers, String bytes, int first, int step) {
    Heard heard = new Heard();
    Http1Parser parser = parsers.apply(heard);
    heard.parser = parser;
    for (int at = 0, end = first; at < bytes.length(); at = end, end += step) {
      end = Math.min(end, bytes.length());
      ByteBuf in = Unpooled.copiedBuffer(bytes.substring(at, end), ISO_8859_1);
      while (in.isReadable()) {
        parser.read(in);
      }
      assertThat(in.refCnt()).isEqualTo(1);
      in.release();
    }
    parser.onClosed();
    heard.endBody();
    return heard.all;
  }

  /** Whole, in two pieces cut anywhere, and byte by byte: it is the same. */
  private static List<String> heard(Function<Heard, Http1Parser> parsers, String bytes) {
    List<String> whole = heard(parsers, bytes, bytes.length(), 1);
    assertThat(heard(parsers, bytes, 1, 1)).as("byte by byte").isEqualTo(whole);
    for (int cut = 1; cut < bytes.length(); cut++) {
      assertThat(heard(parsers, bytes, cut, bytes.length())).as("cut at %s", cut).isEqualTo(whole);
    }
    return whole;
  }

  private static List<String> requests(String bytes) {
    return heard(heard -> new Http1RequestParser(heard, OPTIONS), bytes);
  }

  private static List<String> responses(String bytes) {
    return heard(heard -> new Http1ResponseParser(heard, OPTIONS), bytes);
  }

  private static List<String> responses(String method, @Nullable String upgrade, String bytes) {
    RequestHead asked = new RequestHead(method, "/", "h", true, new DefaultHttpHeaders());
    asked.upgrade = upgrade;
    return heard(
        heard -> {
          Http1ResponseParser parser = new Http1ResponseParser(heard, OPTIONS);
          parser.asked(asked);
          return parser;
        },
        bytes);
  }

  private static String post(String field, String body) {
    return "POST /a HTTP/1.1\r\n" + field + "\r\n\r\n" + body;
  }

  @Test
  void namesAreLoweredAndValuesTrimmed() {
    assertThat(requests("GET /a?b HTTP/1.0\r\nHOST:h\r\nX-Own: \t a b\u00e4 \t\r\ny:\r\n\r\n"))
        .containsExactly("GET /a?b HTTP_1_0 [host: h, x-own: a b\u00e4, y: ] NONE");
  }

  @Test
  void requestsStandBehindEachOther() {
    assertThat(requests(GET + "\r\n" + post("content-length: 3", "abc") + GET))
        .containsExactly(
            HEARD_GET, "POST /a HTTP_1_1 [content-length: 3] LENGTH", "'abc'", "end", HEARD_GET);
  }

  @Test
  void chunksAndTrailers() {
    String chunks = "3;a=\"x\\\"\"; b\r\nabc\r\nA\r\n0123456789\r\n0\r\n";
    assertThat(requests(post("transfer-encoding: Chunked", chunks + "\r\n") + GET))
        .containsExactly(
            "POST /a HTTP_1_1 [transfer-encoding: Chunked] CHUNKED",
            "'abc0123456789'",
            "end []",
            HEARD_GET);
    assertThat(
            requests(
                post("transfer-encoding: chunked", chunks + "T: 1\r\nContent-Length: 9\r\n\r\n")))
        .endsWith("end [t: 1]");
  }

  @Test
  void aFoldBecomesABlank() {
    assertThat(requests("GET /a HTTP/1.1\r\nx: a\r\n\t b\r\ny: c\r\n\r\n"))
        .containsExactly("GET /a HTTP_1_1 [x: a b, y: c] NONE");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x : a",
        "x\t: a",
        " x: a",
        "x y: a",
        "x",
        ": a",
        "x(: a",
        "x\u00e4: a",
        "x: a\u0000b",
        "x: a\rb",
        "x: a\nb: c",
        "x: \u000ba",
        "x: a\u007f",
        "x:\r\n a",
        "content-length: 1,1",
        "content-length: +1",
        "content-length: 1\r\ncontent-length: 1",
        "content-length:",
        "content-length: 9223372036854775808",
        "transfer-encoding: gzip",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked"
      })
  void suchAFieldIsNone(String field) {
    assertThat(requests("GET /a HTTP/1.1\r\n" + field + "\r\n\r\n" + GET))
        .containsExactly("MALFORMED");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " GET /a HTTP/1.1\r\n", "GET /a HTTP/1.1 \r\n", "GET /a HTTP/1.1\n", "GET /a\r\n",
        "GET /a b HTTP/1.1\r\n", "GET /a http/1.1\r\n", "GET /a HTTP/1.10\r\n",
            "G(T /a HTTP/1.1\r\n",
        "GET /a HTTP/1.1\r\r\n", "\u0016\u0003\u0001\r\n"
      })
  void suchALineBeginsNoRequest(String line) {
    // There is no need to wait for the head's end.
    assertThat(requests(line)).containsExactly("MALFORMED");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ";",
        " 3",
        "3 ",
        "+3",
        "0x3",
        "80000000",
        "ffffffffffffffffff",
        "3;a\n",
        "3;a=",
        "3;a=\"b",
        "3;a=\"b\\",
        "3;a=\"\u0000\"",
        "3;(",
        "3\r"
      })
  void suchAChunkIsNone(String line) {
    assertThat(requests(post("transfer-encoding: chunked", line + "\r\nabc\r\n0\r\n\r\n")))
        .containsExactly("POST /a HTTP_1_1 [transfer-encoding: chunked] CHUNKED", "MALFORMED");
  }

  @Test
  void aChunkEndsWhereItSays() {
    assertThat(requests(post("transfer-encoding: chunked", "3\r\nabcd\r\n0\r\n\r\n")))
        .endsWith("'abc'", "MALFORMED");
    assertThat(requests(post("transfer-encoding: chunked", "3\r\nabc\n0\r\n\r\n")))
        .endsWith("'abc'", "MALFORMED");
  }

  @Test
  void bothLengthsAreRefusedUnlessAllowed() {
    String both = post("transfer-encoding: chunked\r\ncontent-length: 6", "0\r\n\r\n");
    assertThat(requests(both)).containsExactly("BOTH_LENGTHS");
    Http1Options allowed =
        new Http1Options(
            Http1Limits.DEFAULT, false, HeaderKeyFormat.LOWER_CASE, true, true, false, "", false);
    assertThat(heard(heard -> new Http1RequestParser(heard, allowed), both))
        .containsExactly("POST /a HTTP_1_1 [transfer-encoding: chunked] CHUNKED", "end []");
  }

  @Test
  void namesAndReasonsAreKeptAsTheyWereWrittenWhereThatMatters() {
    Http1Options kept =
        new Http1Options(
            Http1Limits.DEFAULT,
            false,
            new HeaderKeyFormat.PreserveCase(false, true),
            false,
            true,
            false,
            "",
            false);
    List<CasedHeaders> found = new ArrayList<>();
    Heard heard =
        new Heard() {
          @Override
          public void onHead(HeaderList headers, Http1Parser.Body follows) {
            found.add(requireNonNull(CasedHeaders.of(headers)));
          }
        };
    Http1ResponseParser parser = new Http1ResponseParser(heard, kept);
    parser.read(
        Unpooled.copiedBuffer(
            "HTTP/1.1 204 So it is \r\nX-oWn: 1\r\nX-OWN: 2\r\n\r\n", ISO_8859_1));

    assertThat(parser.reason()).isEqualTo("So it is");
    CasedHeaders copy = (CasedHeaders) found.get(0).copy();
    assertThat(requireNonNull(copy.written("x-own")).toString()).isEqualTo("X-oWn");
    assertThat(copy.getAll("x-own")).containsExactly("1", "2");
  }

  @Test
  void whatIsTooLargeIsNotWaitedFor() {
    assertThat(requests("GET /" + "a".repeat(200))).containsExactly("TOO_LARGE");
    assertThat(requests("GET / HTTP/1.1\r\nx: " + "a".repeat(199))).containsExactly("TOO_LARGE");
    assertThat(requests("GET / HTTP/1.1\r\n" + "x: y\r\n".repeat(50) + "x: y\r\n"))
        .containsExactly("TOO_LARGE");
    assertThat(requests("GET / HTTP/1.1\r\n" + "x: y\r\n".repeat(50) + "\r\n")).hasSize(1);
    assertThat(
            requests(post("transfer-encoding: chunked", "0\r\nx: " + "y".repeat(180) + "\r\n\r\n")))
        .endsWith("TOO_LARGE");
    assertThat(requests(post("transfer-encoding: chunked", "0;" + "y".repeat(250))))
        .endsWith("MALFORMED");
  }

  @Test
  void answersAreFramed() {
    assertThat(responses("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"))
        .containsExactly("200 HTTP_1_1 [content-length: 2] LENGTH", "'ok'", "end");
    assertThat(responses("HTTP/1.0 404\r\nx : y\r\n\r\nall of it\r\n"))
        .containsExactly("404 HTTP_1_0 [x: y] UNTIL_CLOSE", "'all of it\r\n'", "end []");
    assertThat(responses("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\ncontent-length: 2\r\n\r\n"))
        .containsExactly("100 HTTP_1_1 [] NONE", "204 HTTP_1_1 [content-length: 2] NONE");
    assertThat(
            responses(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"))
        .containsExactly(
            "200 HTTP_1_1 [transfer-encoding: gzip, chunked] CHUNKED", "'a'", "end []");
  }

  @Test
  void whatWasAskedForDecidesOfABody() {
    assertThat(responses("HEAD", null, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"))
        .containsExactly("200 HTTP_1_1 [] NONE");
    String switching = "HTTP/1.1 101 Switching\r\ncontent-length: 1\r\n\r\nwhatever\r\n";
    assertThat(responses("GET", "websocket", switching))
        .containsExactly("101 HTTP_1_1 [content-length: 1] TUNNEL", "'whatever\r\n'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 +20\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\rK\r\n\r\n",
        "HTTP/1.1 200 OK\nx: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx y: z\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
      })
  void suchAnAnswerIsNone(String answer) {
    assertThat(responses(answer)).containsExactly("MALFORMED");
  }

  @Test
  void headersBehaveAsNettysDo() {
    HttpHeaders ours = new HeaderList(1);
    HttpHeaders theirs = new DefaultHttpHeaders();
    for (HttpHeaders all : List.of(ours, theirs)) {
      all.add("a", "1").add("b", "2").add("A", "3").add("c", List.of("x, y", "z"));
      all.set("b", 4).remove("d").addInt("n", 7).setShort("s", (short) 8);
      all.add("e", "5").remove("E").add(new DefaultHttpHeaders().add("f", "6"));
    }
    assertThat(entries(ours)).isEqualTo(entries(theirs));
    assertThat(entries(ours.copy())).isEqualTo(entries(theirs));
    assertThat(ours.names()).isEqualTo(theirs.names());
    assertThat(ours.getAll("a")).isEqualTo(theirs.getAll("a")).containsExactly("1", "3");
    assertThat(ours.get("A")).isEqualTo(theirs.get("A")).isEqualTo("1");
    assertThat(ours.getInt("n")).isEqualTo(theirs.getInt("n")).isEqualTo(7);
    assertThat(ours.containsValue("c", "Y", true)).isTrue();
    assertThat(ours.contains("e")).isFalse();
    assertThat(ours.size()).isEqualTo(theirs.size());
    assertThat(ours.clear().isEmpty()).isTrue();
  }

  private static List<Map.Entry<String, String>> entries(HttpHeaders headers) {
    return headers.entries();
  }
}
