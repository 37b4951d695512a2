package io.bifocal.conformance.http;

import java.util.ArrayList;
import java.util.List;

/**
 * Bytes that a client may send on one connection, and what is odd about them.
 *
 * @param bytes ISO 8859-1
 */
record Framing(String name, String bytes) {
  static final String PLAIN = "GET /a HTTP/1.1\r\nhost: h\r\n\r\n";
  static final String BODY = "POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc";
  // What would be another request if the body before it were taken for shorter than it is.
  private static final String HIDDEN = "GET /hidden HTTP/1.1\r\nhost: h\r\n\r\n";

  @Override
  public String toString() {
    return name;
  }

  /** Everything. */
  static List<Framing> all() {
    List<Framing> all = new ArrayList<>();
    lengths(all);
    chunks(all);
    lines(all);
    fields(all);
    targets(all);
    versions(all);
    sizes(all);
    return all;
  }

  private static void lengths(List<Framing> all) {
    add(all, "no body", PLAIN);
    add(all, "a body", BODY);
    add(all, "two requests in a row", PLAIN + BODY);
    add(
        all,
        "length and chunked",
        post("content-length: 6\r\ntransfer-encoding: chunked", "0\r\n\r\n") + HIDDEN);
    add(
        all,
        "chunked and length",
        post("transfer-encoding: chunked\r\ncontent-length: 6", "0\r\n\r\n") + HIDDEN);
    add(all, "two equal lengths", post("content-length: 3\r\ncontent-length: 3", "abc"));
    add(all, "two lengths", post("content-length: 3\r\ncontent-length: 4", "abc") + HIDDEN);
    add(all, "a list of equal lengths", post("content-length: 3, 3", "abc"));
    add(all, "a list of lengths", post("content-length: 3, 4", "abc"));
    add(all, "a negative length", post("content-length: -1", "abc"));
    add(all, "a length with a plus", post("content-length: +3", "abc"));
    add(all, "a hexadecimal length", post("content-length: 0x3", "abc"));
    add(all, "a length with a fraction", post("content-length: 3.0", "abc"));
    add(all, "a length with zeros before", post("content-length: 0003", "abc"));
    add(all, "a length with blanks around", post("content-length:  3 ", "abc"));
    add(all, "a length with a tab", post("content-length:\t3", "abc"));
    add(all, "a length with a blank inside", post("content-length: 1 3", "abc"));
    add(all, "an empty length", post("content-length:", "abc"));
    add(all, "a length beyond 64 bits", post("content-length: 99999999999999999999", "abc"));
    add(all, "a length of letters", post("content-length: abc", "abc"));
    add(all, "a length with a letter behind", post("content-length: 3a", "abc"));
    add(
        all,
        "a length of nothing with GET",
        "GET /a HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n");
    add(all, "a body with GET", "GET /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc");
    add(all, "a body with HEAD", "HEAD /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc");
    add(all, "a body with DELETE", "DELETE /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc");
    add(all, "a POST without a length", "POST /a HTTP/1.1\r\nhost: h\r\n\r\n");
  }

  private static void chunks(List<Framing> all) {
    add(all, "chunks", chunked("3\r\nabc\r\n0\r\n\r\n"));
    add(all, "chunks of two", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
    add(all, "a chunk extension", chunked("3;a=b\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk extension without a value", chunked("3;a\r\nabc\r\n0\r\n\r\n"));
    add(all, "a quoted chunk extension", chunked("3;a=\"b;c\"\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk extension with a bare line feed", chunked("3;a\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk extension with a carriage return", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"));
    add(all, "a blank behind a chunk's size", chunked("3 \r\nabc\r\n0\r\n\r\n"));
    add(all, "a blank before a chunk's size", chunked(" 3\r\nabc\r\n0\r\n\r\n"));
    add(all, "a tab behind a chunk's size", chunked("3\t\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk's size with zeros before", chunked("0003\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk's size with 0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"));
    add(all, "a negative chunk", chunked("-3\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk with a plus", chunked("+3\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk's size of letters", chunked("xyz\r\nabc\r\n0\r\n\r\n"));
    add(all, "an empty chunk's size", chunked("\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk's size beyond 64 bits", chunked("fffffffffffffffff\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk's size of 64 bits", chunked("ffffffffffffffff\r\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk that is too long", chunked("3\r\nabcd\r\n0\r\n\r\n"));
    add(all, "a chunk without a line end", chunked("3\r\nabc0\r\n\r\n"));
    add(all, "a chunk with a bare line feed behind its size", chunked("3\nabc\r\n0\r\n\r\n"));
    add(all, "a chunk with a bare line feed behind it", chunked("3\r\nabc\n0\r\n\r\n"));
    add(all, "a last chunk with bare line feeds", chunked("3\r\nabc\r\n0\n\n"));
    add(all, "a last chunk of many zeros", chunked("3\r\nabc\r\n0000\r\n\r\n"));
    add(all, "capital hexadecimal", chunked("A\r\n0123456789\r\n0\r\n\r\n"));
    add(all, "trailers", chunked("3\r\nabc\r\n0\r\nt: 1\r\n\r\n"));
    add(
        all,
        "a trailer with a length",
        chunked("3\r\nabc\r\n0\r\ncontent-length: 9\r\n\r\n") + HIDDEN);
    add(all, "a trailer without a colon", chunked("3\r\nabc\r\n0\r\nbad\r\n\r\n"));
    add(all, "Chunked", post("transfer-encoding: Chunked", "0\r\n\r\n"));
    add(
        all,
        "chunked twice",
        post("transfer-encoding: chunked\r\ntransfer-encoding: chunked", "0\r\n\r\n"));
    add(all, "chunked, chunked", post("transfer-encoding: chunked, chunked", "0\r\n\r\n"));
    add(all, "identity", post("transfer-encoding: identity", "abc"));
    add(
        all,
        "identity and a length",
        post("transfer-encoding: identity\r\ncontent-length: 3", "abc"));
    add(all, "gzip, chunked", post("transfer-encoding: gzip, chunked", "0\r\n\r\n"));
    add(all, "chunked, gzip", post("transfer-encoding: chunked, gzip", "0\r\n\r\n"));
    add(all, "chunked, identity", post("transfer-encoding: chunked, identity", "0\r\n\r\n"));
    add(all, "xchunked", post("transfer-encoding: xchunked", "0\r\n\r\n"));
    add(all, "chunked in quotes", post("transfer-encoding: \"chunked\"", "0\r\n\r\n"));
    add(all, "chunked with a parameter", post("transfer-encoding: chunked;a=b", "0\r\n\r\n"));
    add(all, "an empty transfer-encoding", post("transfer-encoding:", "abc"));
    add(all, "chunked with a vertical tab", post("transfer-encoding: \u000bchunked", "0\r\n\r\n"));
    add(
        all,
        "a blank before the colon of transfer-encoding",
        post("transfer-encoding : chunked", "0\r\n\r\n"));
    add(
        all,
        "chunked with a length in a folded line",
        post("transfer-encoding:\r\n chunked", "0\r\n\r\n"));
    add(
        all,
        "chunked with HTTP/1.0",
        "POST /a HTTP/1.0\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
    add(
        all,
        "chunked with GET",
        "GET /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  }

  private static void lines(List<Framing> all) {
    add(all, "bare line feeds", "GET /a HTTP/1.1\nhost: h\n\n");
    add(all, "a bare line feed behind the request line", "GET /a HTTP/1.1\nhost: h\r\n\r\n");
    add(all, "a bare line feed behind a field", "GET /a HTTP/1.1\r\nhost: h\nx: y\r\n\r\n");
    add(all, "a bare line feed at the end", "GET /a HTTP/1.1\r\nhost: h\r\n\n");
    add(all, "a bare carriage return behind a field", "GET /a HTTP/1.1\r\nhost: h\rx: y\r\n\r\n");
    add(all, "a carriage return in a value", "GET /a HTTP/1.1\r\nhost: h\r\nx: a\rb\r\n\r\n");
    add(all, "two carriage returns", "GET /a HTTP/1.1\r\r\nhost: h\r\n\r\n");
    add(all, "empty lines before", "\r\n\r\n" + PLAIN);
    add(all, "a line feed before", "\n" + PLAIN);
    add(all, "a blank before", " " + PLAIN);
    add(all, "empty lines between", PLAIN + "\r\n\r\n" + PLAIN);
    add(all, "two blanks behind the method", "GET  /a HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "a tab behind the method", "GET\t/a HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "two blanks behind the target", "GET /a  HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "a blank behind the version", "GET /a HTTP/1.1 \r\nhost: h\r\n\r\n");
    add(all, "a blank in the target", "GET /a b HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "no target", "GET HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "only a method", "GET\r\nhost: h\r\n\r\n");
    add(all, "a method in lower case", "get /a HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "a method nobody knows", "BREW /a HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "a method with a bracket", "GE(T /a HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "a method with a null", "GE\u0000T /a HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "an answer", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    add(all, "nonsense", "hello\r\n\r\n");
    add(all, "TLS", "\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000\r\n\r\n");
  }

  private static void fields(List<Framing> all) {
    add(all, "no host", "GET /a HTTP/1.1\r\n\r\n");
    add(all, "an empty host", "GET /a HTTP/1.1\r\nhost:\r\n\r\n");
    add(all, "two hosts", "GET /a HTTP/1.1\r\nhost: h\r\nhost: i\r\n\r\n");
    add(all, "two equal hosts", "GET /a HTTP/1.1\r\nhost: h\r\nhost: h\r\n\r\n");
    add(all, "a host with a user", "GET /a HTTP/1.1\r\nhost: u@h\r\n\r\n");
    add(all, "a host with a path", "GET /a HTTP/1.1\r\nhost: h/b\r\n\r\n");
    add(all, "a host with a blank", "GET /a HTTP/1.1\r\nhost: h i\r\n\r\n");
    add(all, "a host with a bad port", "GET /a HTTP/1.1\r\nhost: h:x\r\n\r\n");
    add(all, "a host of IPv6", "GET /a HTTP/1.1\r\nhost: [::1]:80\r\n\r\n");
    add(all, "a list of hosts", "GET /a HTTP/1.1\r\nhost: h, i\r\n\r\n");
    get(all, "a folded line", "x: a\r\n b");
    get(all, "a folded line with a tab", "x: a\r\n\tb");
    add(all, "a folded first line", "GET /a HTTP/1.1\r\n x: a\r\nhost: h\r\n\r\n");
    get(all, "a blank before the colon", "x : a");
    get(all, "a tab before the colon", "x\t: a");
    get(all, "a blank in a name", "x y: a");
    get(all, "no colon", "xyz");
    get(all, "an empty name", ": a");
    get(all, "an empty value", "x:");
    get(all, "blanks around a value", "x:   a   ");
    get(all, "tabs around a value", "x:\ta\t");
    get(all, "a name with a bracket", "x(: a");
    get(all, "a name with quotes", "\"x\": a");
    get(all, "a name with a slash", "x/y: a");
    get(all, "a name with an at sign", "x@y: a");
    get(all, "a name beyond ASCII", "x\u00e4: a");
    get(all, "a name with an underscore", "x_y: a");
    get(all, "a name with a dot", "x.y: a");
    get(all, "a name with a null", "x\u0000y: a");
    get(all, "a value with a null", "x: a\u0000b");
    get(all, "a value beyond ASCII", "x: \u00e4");
    get(all, "a value with a control character", "x: a\u0001b");
    get(all, "a value with a delete", "x: a\u007fb");
    get(all, "a value with an escape", "x: a\u001bb");
    get(all, "a field like a pseudo-header", ":path: /b");
    get(all, "connection: close", "connection: close");
    get(all, "connection: Close", "connection: Close");
    get(all, "connection: keep-alive", "connection: keep-alive");
    get(all, "connection with a name", "connection: x\r\nx: a");
    get(all, "connection with a name and close", "connection: close, x\r\nx: a");
    get(all, "connection with content-length", "connection: content-length");
    get(all, "connection with host", "connection: host");
    get(
        all,
        "connection with x-forwarded-for",
        "connection: x-forwarded-for\r\nx-forwarded-for: 1.2.3.4");
    get(all, "connection with a pseudo-header", "connection: :path");
    get(all, "connection with te", "connection: te\r\nte: trailers");
    get(all, "connection with many names", "connection: a,b,c,d,e,f,g,h,i,j,k,l");
    get(all, "connection with connection", "connection: connection, x\r\nx: a");
    get(all, "two connections", "connection: x\r\nconnection: close\r\nx: a");
    get(all, "proxy-connection", "proxy-connection: close");
    get(all, "keep-alive", "keep-alive: timeout=5");
    get(all, "te: trailers", "te: trailers");
    get(all, "te: gzip, trailers", "te: gzip, trailers");
    get(all, "te: gzip", "te: gzip");
    get(all, "an upgrade to WebSocket", "connection: upgrade\r\nupgrade: websocket");
    get(
        all,
        "an upgrade to h2c",
        "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA");
    get(all, "an upgrade without connection", "upgrade: websocket");
    get(all, "expect something else", "expect: x");
    get(all, "expect 100-continue without a body", "expect: 100-continue");
    add(all, "expect 100-continue", post("expect: 100-continue\r\ncontent-length: 3", "abc"));
    get(all, "trailer", "trailer: x");
    get(
        all,
        "a forwarded request",
        "x-forwarded-for: 1.2.3.4\r\nx-forwarded-proto: https\r\nx-request-id: mine");
    get(all, "an Envoy header", "x-envoy-original-path: /z\r\nx-envoy-internal: true");
    get(all, "a bad forwarded scheme", "x-forwarded-proto: ftp");
    get(all, "two cookies", "cookie: a=1\r\ncookie: b=2");
    get(all, "a field twice", "x: 1\r\nx: 2");
  }

  private static void targets(List<Framing> all) {
    target(all, "an absolute target", "http://i/b?c");
    target(all, "an absolute target without a path", "http://i");
    target(all, "an absolute target with a query only", "http://i?c");
    target(all, "an absolute target with a port", "http://i:81/b");
    target(all, "an absolute target of https", "https://i/b");
    target(all, "an absolute target of another scheme", "ftp://i/b");
    target(all, "an absolute target in capitals", "HTTP://I/b");
    target(all, "an absolute target with a user", "http://u:p@i/b");
    target(all, "an absolute target without a host", "http:///b");
    target(all, "an absolute target with a bad port", "http://i:x/b");
    target(all, "a star", "*");
    target(all, "a relative target", "a/b");
    target(all, "an authority", "h:80");
    target(all, "two slashes", "//a");
    target(all, "a fragment", "/a#b");
    target(all, "a query with a fragment", "/a?b#c");
    target(all, "dots", "/a/../b");
    target(all, "escaped dots", "/a/%2e%2e/b");
    target(all, "an escaped slash", "/a%2fb");
    target(all, "an escaped null", "/a%00b");
    target(all, "an escape that is none", "/a%zzb");
    target(all, "a backslash", "/a\\b");
    target(all, "a null", "/a\u0000b");
    target(all, "beyond ASCII", "/\u00e4");
    target(all, "a control character", "/a\u0001b");
    target(all, "a delete", "/a\u007fb");
    target(all, "quotes", "/a\"b");
    target(all, "brackets", "/a<b>{c}|^`");
    add(all, "a star with OPTIONS", "OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "CONNECT", "CONNECT h:80 HTTP/1.1\r\nhost: h:80\r\n\r\n");
    add(all, "CONNECT without a port", "CONNECT h HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "CONNECT with a path", "CONNECT /a HTTP/1.1\r\nhost: h\r\n\r\n");
    add(
        all,
        "CONNECT with a length",
        "CONNECT h:80 HTTP/1.1\r\nhost: h:80\r\ncontent-length: 3\r\n\r\nabc");
    add(
        all,
        "CONNECT with chunks",
        "CONNECT h:80 HTTP/1.1\r\nhost: h:80\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
    add(all, "an absolute target and another host", "GET http://i/b HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "an absolute target and no host", "GET http://i/b HTTP/1.1\r\n\r\n");
  }

  private static void versions(List<Framing> all) {
    for (String version :
        List.of(
            "HTTP/1.0",
            "HTTP/0.9",
            "HTTP/1.2",
            "HTTP/1.10",
            "HTTP/1",
            "HTTP/2.0",
            "HTTP/3.0",
            "http/1.1",
            "HTTP /1.1",
            "HTTP/1,1",
            "HTTP/11",
            "HTTPS/1.1",
            "ICE/1.0",
            "HTTP/-1.1",
            "HTTP/1.1x",
            "")) {
      add(all, "version '" + version + "'", "GET /a " + version + "\r\nhost: h\r\n\r\n");
    }
    add(all, "HTTP/1.0 that stays", "GET /a HTTP/1.0\r\nhost: h\r\nconnection: keep-alive\r\n\r\n");
    add(all, "HTTP/0.9", "GET /a\r\n\r\n");
  }

  private static void sizes(List<Framing> all) {
    get(all, "a long value", "x: " + "a".repeat(8_000));
    get(all, "a value of 50 kB", "x: " + "a".repeat(50_000));
    get(all, "a value that is too long", "x: " + "a".repeat(62_000));
    get(all, "a name that is too long", "a".repeat(62_000) + ": x");
    target(all, "a long target", "/" + "a".repeat(8_000));
    target(all, "a target that is too long", "/" + "a".repeat(62_000));
    get(all, "99 fields more", fields(98));
    get(all, "too many fields", fields(120));
    add(all, "a head without an end", "GET /a HTTP/1.1\r\nhost: h\r\n" + "x: y\r\n".repeat(20_000));
    add(all, "a long method", "A".repeat(100) + " /a HTTP/1.1\r\nhost: h\r\n\r\n");
    add(all, "many requests in a row", PLAIN.repeat(20));
  }

  private static String fields(int count) {
    StringBuilder fields = new StringBuilder("x0: y");
    for (int i = 1; i < count; i++) {
      fields.append("\r\nx").append(i).append(": y");
    }
    return fields.toString();
  }

  private static String post(String fields, String body) {
    return "POST /a HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n\r\n" + body;
  }

  private static String chunked(String body) {
    return post("transfer-encoding: chunked", body);
  }

  private static void get(List<Framing> all, String name, String field) {
    add(all, name, "GET /a HTTP/1.1\r\nhost: h\r\n" + field + "\r\n\r\n");
  }

  private static void target(List<Framing> all, String name, String target) {
    add(all, name, "GET " + target + " HTTP/1.1\r\nhost: h\r\n\r\n");
  }

  private static void add(List<Framing> all, String name, String bytes) {
    all.add(new Framing(name, bytes));
  }
}
