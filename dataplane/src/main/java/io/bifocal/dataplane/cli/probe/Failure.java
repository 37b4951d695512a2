package io.bifocal.dataplane.cli.probe;

/**
 * Something that failed.
 *
 * @param advice what it means and what to look at, for people
 * @param detail as the transport or the resolver worded it
 */
record Failure(Reason reason, String advice, String detail) {}
