package io.bifocal.dataplane.extension;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;

/** Makes network filters from their configuration, on the control loop. */
@FunctionalInterface
public interface NetworkFilterFactory {
  NetworkFilter create(Any config, ListenerContext context) throws ConfigException;
}
