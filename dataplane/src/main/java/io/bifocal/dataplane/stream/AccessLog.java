package io.bifocal.dataplane.stream;

/** Hears of every finished stream, on the worker that served it. Must not block. */
public interface AccessLog {
  void log(StreamInfo stream);
}
