package io.bifocal.xds.internal.state;

import io.bifocal.xds.ResourceType;
import io.bifocal.xds.TransportObserver;
import io.bifocal.xds.internal.resource.Decoded.UnknownField;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells which fields of what came this build does not know. */
record UnknownFields(ResourceType<?> type, TransportObserver observer) {
  private static final Logger log = LoggerFactory.getLogger(UnknownFields.class);
  private static final int LOGGED = 10;

  void tell(List<UnknownField> unknown) {
    unknown.stream()
        .limit(LOGGED)
        .forEach(u -> log.warn("{} {} has unknown fields: {}", type, u.resource(), u.paths()));
    if (unknown.size() > LOGGED) {
      log.warn("{}: {} more resources have them", type, unknown.size() - LOGGED);
    }
    unknown.forEach(u -> observer.onUnknownFields(type.typeUrl(), u.resource(), u.paths()));
  }
}
