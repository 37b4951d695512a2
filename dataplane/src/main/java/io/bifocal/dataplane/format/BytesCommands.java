package io.bifocal.dataplane.format;

/** Bytes as they are on the wire, of requests on either side and of the TCP proxy's connections. */
final class BytesCommands {
  private BytesCommands() {}

  static void addTo(CommandTable table) {
    table.number("DOWNSTREAM_WIRE_BYTES_RECEIVED", s -> s.downstreamBytes.received());
    table.number("DOWNSTREAM_WIRE_BYTES_SENT", s -> s.downstreamBytes.sent());
    table.number("DOWNSTREAM_HEADER_BYTES_RECEIVED", s -> s.downstreamBytes.headersReceived());
    table.number("DOWNSTREAM_HEADER_BYTES_SENT", s -> s.downstreamBytes.headersSent());
    table.number(
        "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
        s -> s.downstreamBytes.decompressedHeadersReceived());
    table.number(
        "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT",
        s -> s.downstreamBytes.decompressedHeadersSent());
    table.number(
        "UPSTREAM_WIRE_BYTES_RECEIVED", s -> s.upstreamReceived + s.upstreamBytes.received());
    table.number("UPSTREAM_WIRE_BYTES_SENT", s -> s.upstreamSent + s.upstreamBytes.sent());
    table.number(
        "UPSTREAM_HEADER_BYTES_RECEIVED",
        s -> s.upstreamHeadersReceived + s.upstreamBytes.headersReceived());
    table.number(
        "UPSTREAM_HEADER_BYTES_SENT", s -> s.upstreamHeadersSent + s.upstreamBytes.headersSent());
    table.number(
        "UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED",
        s -> s.upstreamDecompressedHeadersReceived + s.upstreamBytes.decompressedHeadersReceived());
    table.number(
        "UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT",
        s -> s.upstreamDecompressedHeadersSent + s.upstreamBytes.decompressedHeadersSent());
  }
}
