package io.bifocal.xds;

/**
 * Keeps requests of one type (ACKs included) from being sent until closed; responses are processed
 * all the same. Holds nest. This is how several new names make one request, and how an ACK waits
 * while clusters warm.
 */
public interface Hold extends AutoCloseable {
  @Override
  void close();
}
