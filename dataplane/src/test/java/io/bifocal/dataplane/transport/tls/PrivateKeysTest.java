package io.bifocal.dataplane.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bifocal.dataplane.transport.tls.PrivateKeys.UnusableKeyException;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.io.StringWriter;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaMiscPEMGenerator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.bouncycastle.operator.OutputEncryptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PrivateKeysTest {
  private static final Authority CA = Authority.named("ca");

  private static X509Bundle bundle(Algorithm algorithm) {
    return CA.issue(
        new CertificateBuilder().subject("CN=key").algorithm(algorithm).addSanDnsName("key.test"));
  }

  @ParameterizedTest
  @EnumSource(names = {"ecp256", "ecp384", "rsa2048", "ed25519"})
  void aPkcs8KeyIsThatOfItsCertificate(Algorithm algorithm) throws Exception {
    X509Bundle bundle = bundle(algorithm);
    PrivateKey key = PrivateKeys.parse("junk\n" + bundle.getPrivateKeyPEM(), "");
    assertThat(new OwnCertificate(bundle.getCertificatePathList(), key).matches()).isTrue();
    assertThat(new OwnCertificate(List.of(CA.certificate()), key).matches()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = {"ecp256", "ecp384", "rsa2048"})
  void aKeyInTheOlderFormIsRead(Algorithm algorithm) throws Exception {
    X509Bundle bundle = bundle(algorithm);
    PrivateKey own = bundle.getKeyPair().getPrivate();
    PrivateKey namingItsCurve =
        KeyFactory.getInstance(own.getAlgorithm(), new BouncyCastleProvider())
            .generatePrivate(new PKCS8EncodedKeySpec(own.getEncoded()));
    String pem = pem(new JcaMiscPEMGenerator(namingItsCurve));
    assertThat(pem).contains(algorithm == Algorithm.rsa2048 ? "BEGIN RSA" : "BEGIN EC");
    PrivateKey key = PrivateKeys.parse(pem, "");
    assertThat(new OwnCertificate(bundle.getCertificatePathList(), key).matches()).isTrue();
  }

  @Test
  void anEncryptedKeyNeedsItsPassword() throws Exception {
    X509Bundle bundle = bundle(Algorithm.ecp256);
    OutputEncryptor encryptor =
        new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
            .setProvider(new BouncyCastleProvider())
            .setPRF(PKCS8Generator.PRF_HMACSHA256)
            .setPassword("secret".toCharArray())
            .build();
    String pem = pem(new JcaPKCS8Generator(bundle.getKeyPair().getPrivate(), encryptor));
    PrivateKey key = PrivateKeys.parse(pem, "secret");
    assertThat(new OwnCertificate(bundle.getCertificatePathList(), key).matches()).isTrue();
    refused(pem, "", "error:09000068:PEM routines:OPENSSL_internal:BAD_PASSWORD_READ");
    refused(pem, "wrong", "error:1e000065:Cipher functions:OPENSSL_internal:BAD_DECRYPT");
  }

  @Test
  void whatIsNoKeyIsRefused() throws Exception {
    String start = "error:0900006e:PEM routines:OPENSSL_internal:NO_START_LINE";
    refused("", "", start);
    refused("nonsense", "", start);
    refused(CA.pem(), "", start);
    String decode = "error:06000066:public key routines:OPENSSL_internal:DECODE_ERROR";
    refused(block("PRIVATE KEY", "AAAA"), "", decode);
    refused(block("PRIVATE KEY", "not base64"), "", decode);
    refused(block("EC PRIVATE KEY", "AAAA"), "", decode);
    refused(block("EC PRIVATE KEY", "MAA="), "", decode);
    refused(block("RSA PRIVATE KEY", "MIL/////"), "", decode);
    refused(block("DSA PRIVATE KEY", "MAA="), "", decode);
  }

  @ParameterizedTest
  @CsvSource({
    "ecp256, AES-128-CBC",
    "rsa2048, AES-192-CBC",
    "ecp384, AES-256-CBC",
    "rsa2048, DES-EDE3-CBC",
    "rsa2048, DES-CBC"
  })
  void aKeyThatPemItselfEncryptsIsRead(Algorithm algorithm, String cipher) throws Exception {
    X509Bundle bundle = bundle(algorithm);
    String pem = encrypted(bundle, cipher);
    assertThat(pem).contains("DEK-Info: " + cipher);
    for (String text : List.of(pem, pem.replace("\n", "\r\n"))) {
      PrivateKey key = PrivateKeys.parse(text, "secret");
      assertThat(new OwnCertificate(bundle.getCertificatePathList(), key).matches()).isTrue();
    }
    refused(pem, "", "error:09000068:PEM routines:OPENSSL_internal:BAD_PASSWORD_READ");
    refused(
        pem.replace(cipher, "CAMELLIA-128-CBC"),
        "secret",
        "error:09000072:PEM routines:OPENSSL_internal:UNSUPPORTED_ENCRYPTION");
    // One wrong password in 256 is found out only by what it yields.
    assertThatThrownBy(() -> PrivateKeys.parse(pem, "wrong"))
        .isInstanceOf(UnusableKeyException.class)
        .message()
        .containsAnyOf("BAD_DECRYPT", "DECODE_ERROR");
  }

  private static String encrypted(X509Bundle bundle, String cipher) throws Exception {
    PrivateKey own = bundle.getKeyPair().getPrivate();
    PrivateKey namingItsCurve =
        KeyFactory.getInstance(own.getAlgorithm(), new BouncyCastleProvider())
            .generatePrivate(new PKCS8EncodedKeySpec(own.getEncoded()));
    return pem(
        new JcaMiscPEMGenerator(
            namingItsCurve,
            new JcePEMEncryptorBuilder(cipher)
                .setProvider(new BouncyCastleProvider())
                .build("secret".toCharArray())));
  }

  @Test
  void aKeyIsNotShown() {
    X509Bundle bundle = bundle(Algorithm.ecp256);
    assertThat(
            new OwnCertificate(bundle.getCertificatePathList(), bundle.getKeyPair().getPrivate()))
        .hasToString("OwnCertificate[CN=key]");
  }

  private static void refused(String pem, String password, String reason) {
    assertThatThrownBy(() -> PrivateKeys.parse(pem, password))
        .isInstanceOf(UnusableKeyException.class)
        .hasMessage(reason);
  }

  private static String block(String label, String content) {
    return "-----BEGIN " + label + "-----\n" + content + "\n-----END " + label + "-----\n";
  }

  private static String pem(Object key) throws Exception {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(key);
    }
    return text.toString();
  }
}
