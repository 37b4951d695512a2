package io.bifocal.dataplane.http;

/** Where a request comes from, as far as it is to be believed. */
enum Origin {
  /** From within: it may tell the proxy what to do. */
  INTERNAL,
  /** Not known to be from within, but through a proxy that has seen to its headers. */
  EXTERNAL,
  /** From outside, and this is the first proxy. */
  EDGE
}
