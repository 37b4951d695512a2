package io.bifocal.dataplane.http.codec;

/** A stream waits for its client, which has only so much time. On the connection's loop. */
public interface StreamWait {
  /** Of whoever lets clients take their time. */
  StreamWait ENDLESS =
      new StreamWait() {
        @Override
        public void moved() {}

        @Override
        public void over() {}
      };

  /** Something has come of it: its time begins anew. */
  void moved();

  /** What was waited for is there, or will never be. Harmless twice. */
  void over();
}
