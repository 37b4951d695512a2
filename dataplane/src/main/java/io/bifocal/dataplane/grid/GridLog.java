package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.host.Address;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What grids write to the program's log at level debug. */
record GridLog(String cluster, Address host) implements Consumer<GridEvent> {
  private static final Logger log = LoggerFactory.getLogger(Grid.class);

  @Override
  public void accept(GridEvent event) {
    if (log.isDebugEnabled()) {
      log.debug("[{} {}] grid: {}", cluster, host, event);
    }
  }
}
