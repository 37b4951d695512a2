package io.bifocal.xds.resource;

/** Fields of one resource that this build does not know; {@code paths} names them for people. */
public record UnknownField(String resource, String paths) {}
