package io.bifocal.xds;

import com.google.protobuf.Message;

/**
 * One resource as it arrived, decoded and checked against its constraints.
 *
 * @param version the resource's own version (delta), else that of its response
 */
public record Resource<T extends Message>(String name, String version, T value) {}
