package io.bifocal.dataplane.cli;

import io.bifocal.dataplane.Proxy;
import java.lang.reflect.InvocationTargetException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The signals that do not end the program, though the JVM by itself would end with either: SIGUSR1
 * opens access logs again, for whoever has moved them; SIGHUP does nothing, as with Envoy.
 */
final class Signals {
  private static final Logger log = LoggerFactory.getLogger(Signals.class);

  private Signals() {}

  static void handle(Proxy proxy) {
    on("USR1", proxy::reopenLogs);
    on("HUP", () -> log.warn("SIGHUP has no effect: there is no hot restart"));
  }

  /** By reflection: javac warns of {@code sun.misc.Signal}, and the JDK has no other door. */
  private static void on(String name, Runnable then) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object calling =
          java.lang.reflect.Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                then.run();
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), calling);
    } catch (InvocationTargetException e) {
      log.warn("SIG{} is left to the JVM: {}", name, String.valueOf(e.getCause()));
    } catch (ReflectiveOperationException e) {
      log.warn("SIG{} is left to the JVM: {}", name, e.toString());
    }
  }
}
