package io.bifocal.xds.internal.source;

import io.bifocal.xds.TransportObserver;

/**
 * Hears of a stream that serves one subscription: what concerns the connection goes to the
 * subscription's own observer, what concerns content to the client's.
 */
record OwnStreamObserver(TransportObserver connection, TransportObserver content)
    implements TransportObserver {

  @Override
  public void onConnected(boolean connected) {
    connection.onConnected(connected);
  }

  @Override
  public void onServer(int server) {
    connection.onServer(server);
  }

  @Override
  public void onPendingRequests(int count) {
    connection.onPendingRequests(count);
  }

  @Override
  public void onRateLimited() {
    connection.onRateLimited();
  }

  @Override
  public void onIdentifier(String identifier) {
    connection.onIdentifier(identifier);
  }

  @Override
  public void onUnknownFields(String typeUrl, String resource, String paths) {
    content.onUnknownFields(typeUrl, resource, paths);
  }

  @Override
  public void onRefusedNotKept(String typeUrl, String resource) {
    content.onRefusedNotKept(typeUrl, resource);
  }
}
