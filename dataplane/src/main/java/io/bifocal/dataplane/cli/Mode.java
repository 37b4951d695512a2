package io.bifocal.dataplane.cli;

/** Envoy's {@code --mode}. */
enum Mode {
  SERVE,
  VALIDATE,
  INIT_ONLY
}
