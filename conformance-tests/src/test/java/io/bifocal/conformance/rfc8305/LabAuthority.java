package io.bifocal.conformance.rfc8305;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Who signs certificates for {@code server.lab}; all in files. */
record LabAuthority(X509Bundle own, Path directory, Path certificate) {
  static LabAuthority make(Path directory, String name) throws Exception {
    X509Bundle own =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=" + name)
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path file = Files.writeString(directory.resolve(name + ".ca.pem"), own.getCertificatePEM());
    return new LabAuthority(own, directory, file);
  }

  /** A server's certificate and key: fields of the lab's request {@code serve}. */
  Map<String, ?> server(String name) throws Exception {
    X509Bundle server =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=" + name)
            .addSanDnsName("server.lab")
            .buildIssuedBy(own);
    Path chain =
        Files.writeString(directory.resolve(name + ".pem"), server.getCertificatePathPEM());
    Path key = Files.writeString(directory.resolve(name + ".key"), server.getPrivateKeyPEM());
    return Map.of("certificate", chain.toString(), "key", key.toString());
  }
}
