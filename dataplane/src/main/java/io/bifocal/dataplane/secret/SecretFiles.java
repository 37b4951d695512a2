package io.bifocal.dataplane.secret;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.bifocal.api.MessageTypes;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.WatchedDirectory;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/** The files that a secret names: what they hold, and where what replaces them is moved to. */
public final class SecretFiles {
  private SecretFiles() {}

  /**
   * Whether it says itself where to watch for other files.
   *
   * @throws ConfigException when it names what can be no file
   */
  public static boolean areWatched(Secret secret) throws ConfigException {
    try {
      Set<Path> directories = new LinkedHashSet<>();
      var unused = each(secret, source -> said(source, directories));
      return !directories.isEmpty() || !watched(secret).getPath().isEmpty();
    } catch (InvalidPathException e) {
      throw invalid(e);
    }
  }

  /**
   * Where to watch: the directory that the secret says, else those that its files say or are in, as
   * with Envoy. None where no file is named.
   *
   * @throws ConfigException when it names what can be no file
   */
  static Set<Path> directories(Secret secret) throws ConfigException {
    try {
      Set<Path> directories = new LinkedHashSet<>();
      var unused = each(secret, source -> around(source, directories));
      String watched = watched(secret).getPath();
      return watched.isEmpty() ? directories : Set.of(Path.of(watched));
    } catch (InvalidPathException e) {
      throw invalid(e);
    }
  }

  private static ConfigException invalid(InvalidPathException e) {
    return new ConfigException("Invalid path: " + e.getInput(), e);
  }

  /**
   * The same secret with the files' contents in place of their names. Blocks while it reads.
   *
   * @throws ConfigException in Envoy's words when there is no such file
   */
  public static Secret read(Secret secret) throws ConfigException {
    if (directories(secret).isEmpty()) {
      return secret;
    }
    ConfigException[] failure = new ConfigException[1];
    Secret read =
        each(
            secret,
            source -> {
              try {
                return content(source);
              } catch (ConfigException e) {
                failure[0] = e;
                return source;
              }
            });
    if (failure[0] != null) {
      throw failure[0];
    }
    return read;
  }

  private static DataSource content(DataSource source) throws ConfigException {
    if (!source.hasFilename()) {
      return source;
    }
    ByteString bytes = DataSources.readWatched(source);
    return DataSource.newBuilder().setInlineBytes(bytes).build();
  }

  private static DataSource said(DataSource source, Set<Path> directories) {
    if (source.hasFilename() && source.hasWatchedDirectory()) {
      directories.add(Path.of(source.getWatchedDirectory().getPath()));
    }
    return source;
  }

  private static DataSource around(DataSource source, Set<Path> directories) {
    if (source.hasFilename() && !source.hasWatchedDirectory()) {
      Path parent = Path.of(source.getFilename()).toAbsolutePath().getParent();
      if (parent != null) {
        directories.add(parent);
      }
    }
    return said(source, directories);
  }

  private static WatchedDirectory watched(Secret secret) {
    return switch (secret.getTypeCase()) {
      case TLS_CERTIFICATE -> secret.getTlsCertificate().getWatchedDirectory();
      case VALIDATION_CONTEXT -> secret.getValidationContext().getWatchedDirectory();
      default -> WatchedDirectory.getDefaultInstance();
    };
  }

  /** The same with other sources. */
  private static Secret each(Secret secret, Function<DataSource, DataSource> change) {
    return switch (secret.getTypeCase()) {
      case TLS_CERTIFICATE ->
          secret.toBuilder()
              .setTlsCertificate(certificate(secret.getTlsCertificate(), change))
              .build();
      case VALIDATION_CONTEXT ->
          secret.toBuilder()
              .setValidationContext(validation(secret.getValidationContext(), change))
              .build();
      case SESSION_TICKET_KEYS ->
          secret.toBuilder()
              .setSessionTicketKeys(keys(secret.getSessionTicketKeys(), change))
              .build();
      default -> secret;
    };
  }

  private static TlsCertificate certificate(
      TlsCertificate before, Function<DataSource, DataSource> change) {
    TlsCertificate.Builder after = before.toBuilder();
    if (before.hasCertificateChain()) {
      after.setCertificateChain(change.apply(before.getCertificateChain()));
    }
    if (before.hasPrivateKey()) {
      after.setPrivateKey(change.apply(before.getPrivateKey()));
    }
    if (before.hasPkcs12()) {
      after.setPkcs12(change.apply(before.getPkcs12()));
    }
    if (before.hasPassword()) {
      after.setPassword(change.apply(before.getPassword()));
    }
    if (before.hasOcspStaple()) {
      after.setOcspStaple(change.apply(before.getOcspStaple()));
    }
    return after.build();
  }

  private static CertificateValidationContext validation(
      CertificateValidationContext before, Function<DataSource, DataSource> change) {
    CertificateValidationContext.Builder after = before.toBuilder();
    if (before.hasTrustedCa()) {
      after.setTrustedCa(change.apply(before.getTrustedCa()));
    }
    if (before.hasCrl()) {
      after.setCrl(change.apply(before.getCrl()));
    }
    Any custom = before.getCustomValidatorConfig().getTypedConfig();
    if (MessageTypes.is(custom, SPIFFECertValidatorConfig.getDescriptor())) {
      after.getCustomValidatorConfigBuilder().setTypedConfig(domains(custom, change));
    }
    return after.build();
  }

  /** A map of bundles in a file is watched, whether that is asked for or not, as with Envoy. */
  private static Any domains(Any custom, Function<DataSource, DataSource> change) {
    try {
      SPIFFECertValidatorConfig config = custom.unpack(SPIFFECertValidatorConfig.class);
      DataSource bundles = config.getTrustBundles();
      if (!bundles.hasFilename()) {
        return custom;
      }
      Path parent = Path.of(bundles.getFilename()).toAbsolutePath().getParent();
      if (!bundles.hasWatchedDirectory() && parent != null) {
        bundles =
            bundles.toBuilder()
                .setWatchedDirectory(WatchedDirectory.newBuilder().setPath(parent.toString()))
                .build();
      }
      return Any.pack(config.toBuilder().setTrustBundles(change.apply(bundles)).build());
    } catch (InvalidProtocolBufferException e) {
      return custom; // who reads it says what is wrong
    }
  }

  private static TlsSessionTicketKeys keys(
      TlsSessionTicketKeys before, Function<DataSource, DataSource> change) {
    TlsSessionTicketKeys.Builder after = before.toBuilder();
    for (int i = 0; i < before.getKeysCount(); i++) {
      after.setKeys(i, change.apply(before.getKeys(i)));
    }
    return after.build();
  }
}
