package io.bifocal.dataplane.extension;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.AccessLog;

/** Makes access logs from their configuration. */
@FunctionalInterface
public interface AccessLogFactory {
  AccessLog create(Any config) throws ConfigException;
}
