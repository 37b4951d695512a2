package io.bifocal.xds.file;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.xds.time.ThreadLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real file system's notices. A last move that counts shows that the ones before did not. */
class SystemFileWatcherTest {
  @TempDir private Path directory;
  private final ThreadLoop loop = ThreadLoop.start("test");
  private final FileWatcher watcher = FileWatcher.onFileSystem(loop);
  private final List<String> moved = new CopyOnWriteArrayList<>();

  @AfterEach
  void end() {
    loop.execute(watcher::close);
    loop.close();
  }

  private FileWatcher.Watch watch(Path place, @Nullable String name, String tells) {
    CompletableFuture<FileWatcher.Watch> watch = new CompletableFuture<>();
    loop.execute(
        () -> {
          try {
            watch.complete(watcher.watch(place, name, () -> moved.add(tells)));
          } catch (Exception e) {
            watch.completeExceptionally(e);
          }
        });
    return watch.join();
  }

  private void move(String from, String to) throws Exception {
    Files.writeString(directory.resolve(from), "text");
    Files.move(directory.resolve(from), directory.resolve(to), ATOMIC_MOVE);
  }

  private void hears(String... expected) {
    await().until(() -> moved.size() >= expected.length);
    assertThat(moved).containsExactly(expected);
  }

  @Test
  void aRenameOverAFileIsHeardAndWritingIsNot() throws Exception {
    Files.writeString(directory.resolve("a"), "old");
    watch(directory, "a", "a");
    Files.writeString(directory.resolve("a"), "in place");
    Files.delete(directory.resolve("a"));
    Files.writeString(directory.resolve("a"), "made anew");
    move("b", "a");
    hears("a");
  }

  @Test
  void aFileThatIsMovedToAFreeNameIsHeard() throws Exception {
    watch(directory, "a", "a");
    move("b", "a");
    hears("a");
  }

  @Test
  void aLinkThatIsSwappedIsHeard() throws Exception {
    Files.createDirectory(directory.resolve("v1"));
    Files.createSymbolicLink(directory.resolve("..data"), Path.of("v1"));
    watch(directory, null, "swapped");
    Files.createDirectory(directory.resolve("v2"));
    Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("v2"));
    Files.move(directory.resolve("..data_tmp"), directory.resolve("..data"), ATOMIC_MOVE);
    hears("swapped");
  }

  @Test
  void aDirectoryThatWasMadeAnewIsWatchedAnew() throws Exception {
    Path place = Files.createDirectory(directory.resolve("place"));
    FileWatcher.Watch old = watch(place, "a", "old");
    watch(directory, "seen", "seen");
    Files.delete(place);
    move("x", "seen"); // told after the end of the other
    hears("seen");
    Files.createDirectory(place);
    watch(place, "a", "new");
    loop.execute(old::close);
    move("x", "place/a");
    hears("seen", "new");
  }

  @Test
  void severalWatchOneDirectory() throws Exception {
    Files.writeString(directory.resolve("a"), "old");
    Files.writeString(directory.resolve("b"), "old");
    FileWatcher.Watch first = watch(directory, "a", "first");
    watch(directory, "a", "second");
    watch(directory, "b", "third");
    loop.execute(first::close);
    move("c", "a");
    move("c", "b");
    hears("second", "third");
  }
}
