package io.bifocal.dataplane.extension;

import io.bifocal.dataplane.stream.GrpcStatus;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.accesslog.v3.GrpcStatusFilter;

/** A condition on how a call ended; a request that is no call counts by its status. */
final class GrpcStatusCondition implements LogFilter {
  private final long numbers; // a bit for each
  private final boolean excludes;

  private GrpcStatusCondition(long numbers, boolean excludes) {
    this.numbers = numbers;
    this.excludes = excludes;
  }

  static GrpcStatusCondition of(GrpcStatusFilter config) {
    long numbers = 0;
    for (GrpcStatusFilter.Status status : config.getStatusesList()) {
      numbers |= 1L << status.getNumber();
    }
    return new GrpcStatusCondition(numbers, config.getExclude());
  }

  @Override
  public boolean passes(StreamInfo stream) {
    long number = GrpcStatus.numberOf(stream);
    boolean named = number >= 0 && number < Long.SIZE && (numbers >> number & 1) != 0;
    return named != excludes;
  }
}
