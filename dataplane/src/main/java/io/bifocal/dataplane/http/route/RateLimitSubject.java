package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;

/**
 * A request that descriptors are made of.
 *
 * @param cluster where its route sends it; empty for nowhere
 * @param ownCluster the cluster that this proxy belongs to
 */
public record RateLimitSubject(
    RequestHead head, StreamInfo info, String cluster, String ownCluster) {}
