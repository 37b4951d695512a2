package io.bifocal.xds.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.xds.file.Notice.Came;
import io.bifocal.xds.file.Notice.Entry;
import io.bifocal.xds.file.Notice.Lost;
import io.bifocal.xds.file.Notice.Went;
import io.bifocal.xds.file.Notice.Written;
import io.bifocal.xds.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What of a directory's notices is a move. */
class MovesTest {
  private static final Entry FULL = new Entry(2, true);
  private static final Entry LINK = new Entry(3, false);

  private final VirtualTime time = new VirtualTime();
  private final List<String> moved = new ArrayList<>();
  private final Moves moves =
      new Moves(time, Map.of("there", new Entry(1, true)), moved::add, () -> moved.add("any"));

  private void passes() {
    time.advance(Moves.QUIET);
  }

  @Test
  void whatReplacesANameWasMoved() {
    moves.on(new Came("there", FULL));
    assertThat(moved).containsExactly("there");
    moves.on(new Came("there", LINK));
    assertThat(moved).as("and once more").containsExactly("there", "there");
  }

  @Test
  void writingInPlaceIsNoMove() {
    moves.on(new Written("there"));
    passes();
    assertThat(moved).isEmpty();
  }

  @Test
  void aFileThatIsWrittenAfterItCameWasCreated() {
    moves.on(new Came("new", FULL));
    moves.on(new Written("new"));
    passes();
    assertThat(moved).isEmpty();
  }

  @Test
  void anEmptyFileWasCreated() {
    moves.on(new Came("new", new Entry(2, false)));
    passes();
    assertThat(moved).isEmpty();
  }

  @Test
  void aFileThatComesWholeWasMoved() {
    moves.on(new Went("there"));
    moves.on(new Came("there", FULL));
    assertThat(moved).isEmpty();
    passes();
    assertThat(moved).containsExactly("there");
  }

  @Test
  void aLinkThatIsMadeIsNoMoveButItsRenamingIs() {
    moves.on(new Came("..data_tmp", LINK));
    passes();
    assertThat(moved).isEmpty();
    moves.on(new Went("..data_tmp"));
    moves.on(new Came("..data", LINK));
    assertThat(moved).containsExactly("..data");
  }

  @Test
  void aFileThatIsMadeAnewIsNoMoveThoughItHasTheKeyOfTheOld() {
    moves.on(new Went("there"));
    moves.on(new Came("there", new Entry(1, true)));
    moves.on(new Written("there"));
    moves.on(new Went("there"));
    moves.on(new Came("there", new Entry(1, false)));
    passes();
    assertThat(moved).isEmpty();
  }

  @Test
  void whatIsGoneAgainWasNotMoved() {
    moves.on(new Came("new", FULL));
    moves.on(new Went("new"));
    passes();
    assertThat(moved).isEmpty();
  }

  @Test
  void whenNoticesAreLostAnythingMayHaveMoved() {
    moves.on(new Lost());
    assertThat(moved).containsExactly("any");
  }

  @Test
  void itsEndLeavesNoTimer() {
    moves.on(new Came("new", FULL));
    moves.close();
    assertThat(time.pendingTimers()).isZero();
  }
}
