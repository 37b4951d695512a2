/**
 * How the proxy reaches its control planes: a gRPC channel whose connection the data plane races
 * like any other. grpc-netty talks on one end of an in-process channel; the other end is spliced to
 * a connection from the cluster's pool.
 */
@NullMarked
package io.bifocal.dataplane.controlplane;

import org.jspecify.annotations.NullMarked;
