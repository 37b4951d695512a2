package io.bifocal.conformance.scripted;

import com.google.protobuf.Any;

/**
 * A resource with the name that the delta dialect calls it by; {@code message} may be anything at
 * all.
 */
public record Named(String name, Any message) {}
