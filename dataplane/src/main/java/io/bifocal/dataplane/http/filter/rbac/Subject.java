package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.NetworkInputs;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.EmptyHttpHeaders;

/**
 * Who asks for what.
 *
 * @param head an empty one for a connection
 * @param info the request's, or the connection's
 */
record Subject(RequestHead head, DownstreamConnection connection, StreamInfo info)
    implements NetworkInputs.Connection {
  private static final RequestHead NO_REQUEST =
      new RequestHead("", "", "", false, EmptyHttpHeaders.INSTANCE);

  static Subject of(DownstreamConnection connection) {
    return new Subject(NO_REQUEST, connection, connection.stream());
  }

  /** The path without its query. */
  String urlPath() {
    return head.path.substring(0, head.pathEnd());
  }

  @Override
  public Address local() {
    return connection.local();
  }

  @Override
  public Address remote() {
    Address known = info.downstreamRemote;
    return known == null ? connection.remote() : known;
  }

  @Override
  public Address directRemote() {
    return connection.directRemote();
  }

  @Override
  public String serverName() {
    return connection.serverName();
  }
}
