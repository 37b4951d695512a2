package io.bifocal.dataplane.secret;

import static io.bifocal.xds.ResourceType.SECRET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.file.ScriptedFiles;
import io.bifocal.xds.testing.ScriptedSubscriptions;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.core.v3.WatchedDirectory;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets whose values are in files that are replaced. */
class FilesOfSecretsTest {
  private static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  private final VirtualTime time = new VirtualTime();
  private final ScriptedSubscriptions xds = new ScriptedSubscriptions();
  private final ScriptedFiles files = new ScriptedFiles(time);
  private final List<String> failed = new ArrayList<>();
  private final List<String> used = new ArrayList<>();
  private final SecretManager secrets = manager(files);
  @TempDir private Path folder;

  private SecretManager manager(FileWatcher watcher) {
    return new SecretManager(
        time, xds, name -> SubscriptionObserver.NONE, watcher, name -> failed.add(name));
  }

  @BeforeEach
  void write() throws IOException {
    write("chain", "one");
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  /** Something is moved there. */
  private void move(Path directory) {
    files.moved(directory.resolve("anything"));
    time.advance(Duration.ofMillis(50));
  }

  private DataSource file(String name) {
    return DataSource.newBuilder().setFilename(folder.resolve(name).toString()).build();
  }

  private Secret certificate(@Nullable Path watched) {
    TlsCertificate.Builder certificate =
        TlsCertificate.newBuilder()
            .setCertificateChain(file("chain"))
            .setPrivateKey(DataSource.newBuilder().setInlineString("key"));
    if (watched != null) {
      certificate.setWatchedDirectory(WatchedDirectory.newBuilder().setPath(watched.toString()));
    }
    return Secret.newBuilder().setName("a").setTlsCertificate(certificate).build();
  }

  private Runnable use(String user, Secret secret) throws ConfigException {
    String text = secret.getTlsCertificate().getCertificateChain().getInlineBytes().toStringUtf8();
    if (text.startsWith("bad")) {
      throw new ConfigException("cannot use " + text);
    }
    return () -> used.add(user + " " + text);
  }

  private SecretLease lease(String user) {
    return secrets.lease(
        SecretKind.TLS_CERTIFICATE, ADS, "a", new InitManager("test"), secret -> use(user, secret));
  }

  @Test
  void whatIsMovedToWhereTheFilesAreIsTakenByAll() throws Exception {
    SecretLease first = lease("first");
    SecretLease second = lease("second");
    xds.respond(SECRET, "1", certificate(null));
    assertThat(used).containsExactly("first one", "second one");
    write("chain", "two");
    assertThat(used).as("writing is no move").hasSize(2);
    move(folder);
    assertThat(used).endsWith("first two", "second two");
    SecretLease third = lease("third");
    assertThat(used).endsWith("third two");
    for (SecretLease lease : List.of(first, second, third)) {
      lease.close();
    }
    assertThat(files.open()).isZero();
  }

  @Test
  void movesThatComeTogetherAreReadOnce() throws Exception {
    SecretLease lease = lease("first");
    xds.respond(SECRET, "1", certificate(null));
    write("chain", "bad");
    for (int i = 0; i < 10; i++) {
      files.moved(folder.resolve("file" + i));
      time.advance(Duration.ofMillis(4));
    }
    assertThat(failed).isEmpty();
    time.advance(Duration.ofMillis(10));
    assertThat(failed).containsExactly("a");
    files.moved(folder.resolve("chain"));
    time.advance(Duration.ZERO);
    lease.close();
    time.advance(Duration.ofMillis(50));
    assertThat(failed).as("nobody uses it any longer").containsExactly("a");
  }

  @Test
  void aPipeIsNoFile() throws Exception {
    Process mkfifo = new ProcessBuilder("mkfifo", folder.resolve("pipe").toString()).start();
    assumeTrue(mkfifo.waitFor() == 0, "no pipe can be made here");
    Secret secret = certificate(null);
    Secret piped =
        secret.toBuilder()
            .setTlsCertificate(
                secret.getTlsCertificate().toBuilder().setCertificateChain(file("pipe")))
            .build();
    assertThatThrownBy(() -> SecretFiles.read(piped))
        .hasMessage("Invalid path: " + folder.resolve("pipe"));
  }

  @Test
  void whatCanBeNoPathIsRefused() {
    lease("first");
    xds.respond(SECRET, "1", certificate(folder));
    Secret odd =
        Secret.newBuilder()
            .setName("a")
            .setTlsCertificate(
                TlsCertificate.newBuilder()
                    .setCertificateChain(DataSource.newBuilder().setFilename("a\0b"))
                    .setPrivateKey(DataSource.newBuilder().setInlineString("key")))
            .build();
    xds.respond(SECRET, "2", odd);
    xds.respond(
        SECRET,
        "3",
        odd.toBuilder()
            .setTlsCertificate(
                odd.getTlsCertificate().toBuilder()
                    .setCertificateChain(file("chain"))
                    .setWatchedDirectory(WatchedDirectory.newBuilder().setPath("c\0d")))
            .build());
    assertThat(xds.requests()).filteredOn(r -> r.contains("Invalid path: a\0b")).hasSize(1);
    assertThat(xds.requests()).filteredOn(r -> r.contains("Invalid path: c\0d")).hasSize(1);
    assertThat(used).containsExactly("first one");
  }

  @Test
  void aMoveThatChangesNothingIsNotTold() {
    lease("first");
    xds.respond(SECRET, "1", certificate(null));
    move(folder);
    assertThat(used).containsExactly("first one");
  }

  @Test
  void whatCannotBeUsedChangesNothingAndCounts() throws Exception {
    lease("first");
    xds.respond(SECRET, "1", certificate(null));
    write("chain", "bad");
    move(folder);
    Files.delete(folder.resolve("chain"));
    move(folder);
    assertThat(failed).containsExactly("a", "a");
    lease("second");
    assertThat(used).containsExactly("first one", "second one");
    write("chain", "three");
    move(folder);
    assertThat(used).endsWith("first three", "second three");
  }

  @Test
  void whereADirectoryIsNamedOnlyMovesThereCount() throws Exception {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    lease("first");
    xds.respond(SECRET, "1", certificate(elsewhere));
    write("chain", "two");
    move(folder);
    assertThat(used).containsExactly("first one");
    move(elsewhere);
    assertThat(used).endsWith("first two");
  }

  @Test
  void aNewVersionIsFollowedInPlaceOfTheOld() throws Exception {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    lease("first");
    xds.respond(SECRET, "1", certificate(elsewhere));
    xds.respond(SECRET, "2", certificate(null));
    assertThat(files.open()).isEqualTo(1);
    write("chain", "bad");
    xds.respond(SECRET, "3", certificate(elsewhere));
    assertThat(files.open()).as("the refused one is not followed").isEqualTo(1);
    write("chain", "two");
    move(folder);
    assertThat(used).endsWith("first two");
  }

  /** Runs something each time that a watch is about to begin. */
  private FileWatcher before(IoTask task) {
    return new FileWatcher() {
      @Override
      public Watch watch(Path directory, @Nullable String name, Runnable moved) throws IOException {
        task.run();
        return files.watch(directory, name, moved);
      }

      @Override
      public void close() {}
    };
  }

  private interface IoTask {
    void run() throws IOException;
  }

  @Test
  void aSwapWhileTheWatchBeginsIsNotMissed() {
    SecretManager swapped = manager(before(() -> write("chain", "two")));
    swapped.lease(
        SecretKind.TLS_CERTIFICATE, ADS, "a", new InitManager("test"), s -> use("first", s));
    xds.respond(SECRET, "1", certificate(null));
    assertThat(used).containsExactly("first two");
  }

  @Test
  void aDirectoryThatCannotBeWatchedRefusesTheSecretOfSds() throws Exception {
    SecretManager blind =
        manager(
            before(
                () -> {
                  throw new NoSuchFileException("not here");
                }));
    blind.lease(
        SecretKind.TLS_CERTIFICATE, ADS, "a", new InitManager("test"), s -> use("first", s));
    xds.respond(SECRET, "1", certificate(null));
    assertThat(xds.newRequests())
        .last()
        .asString()
        .endsWith(
            "error: unable to add filesystem watch for file "
                + folder
                + "/: No such file or directory");
    assertThat(used).isEmpty();
    Secret written = certificate(null);
    Secret held = SecretFiles.read(written);
    write("chain", "two");
    SecretLease lease = blind.follow(written, held, s -> use("first", s));
    assertThat(used).as("what is written out is read without a watch").containsExactly("first two");
    lease.close();
  }

  @Test
  void whyADirectoryCannotBeWatchedIsTold() {
    assertThat(refusal(new AccessDeniedException("x"))).endsWith("/: Permission denied");
    assertThat(refusal(new NotDirectoryException("x"))).endsWith("/: Not a directory");
    assertThat(refusal(new IOException("too many entries"))).endsWith("/: too many entries");
  }

  private String refusal(IOException why) {
    SecretManager blind =
        manager(
            before(
                () -> {
                  throw why;
                }));
    SecretLease lease =
        blind.lease(
            SecretKind.TLS_CERTIFICATE, ADS, "a", new InitManager("test"), s -> use("first", s));
    xds.respond(SECRET, "1", certificate(null));
    lease.close();
    List<String> requests = xds.requests();
    return requests.stream().filter(r -> r.contains("error")).reduce("", (a, b) -> b);
  }

  @Test
  void aSecretThatIsWrittenOutIsFollowedToo() throws Exception {
    Secret written = certificate(folder);
    SecretLease lease =
        secrets.follow(written, SecretFiles.read(written), secret -> use("first", secret));
    assertThat(used).as("its user has read it").isEmpty();
    write("chain", "bad");
    move(folder);
    write("chain", "two");
    move(folder);
    assertThat(used).containsExactly("first two");
    assertThat(failed).as("it has no name that could be counted under").isEmpty();
    lease.close();
    assertThat(files.open()).isZero();
  }

  @Test
  void itIsKnownWhichFilesAreToBeWatched() throws Exception {
    assertThat(SecretFiles.areWatched(certificate(null))).isFalse();
    assertThat(SecretFiles.areWatched(certificate(folder))).isTrue();
    DataSource own =
        file("x").toBuilder()
            .setWatchedDirectory(WatchedDirectory.newBuilder().setPath("/watched"))
            .build();
    Secret trust =
        Secret.newBuilder()
            .setValidationContext(
                CertificateValidationContext.newBuilder().setTrustedCa(own).setCrl(file("y")))
            .build();
    assertThat(SecretFiles.areWatched(trust)).isTrue();
    assertThat(SecretFiles.directories(trust)).containsExactly(Path.of("/watched"), folder);
    Secret keys =
        Secret.newBuilder()
            .setSessionTicketKeys(
                TlsSessionTicketKeys.newBuilder()
                    .addKeys(DataSource.newBuilder().setInlineString("k"))
                    .addKeys(file("k")))
            .build();
    assertThat(SecretFiles.areWatched(keys)).isFalse();
    Secret domains =
        Secret.newBuilder()
            .setValidationContext(
                CertificateValidationContext.newBuilder()
                    .setCustomValidatorConfig(
                        TypedExtensionConfig.newBuilder()
                            .setTypedConfig(
                                Any.pack(
                                    SPIFFECertValidatorConfig.newBuilder()
                                        .setTrustBundles(file("map"))
                                        .build()))))
            .build();
    assertThat(SecretFiles.areWatched(domains)).as("a map of bundles is followed").isTrue();
    assertThat(SecretFiles.directories(domains)).containsExactly(folder);
    assertThat(SecretFiles.directories(keys)).containsExactly(folder);
  }
}
