package io.bifocal.dataplane.transport.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.transport.tls.PeerVerifier.Finding;
import io.bifocal.dataplane.transport.tls.PeerVerifier.Rejection;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.net.URI;
import java.security.MessageDigest;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Judgements on chains that were made for them; the words are the real Envoy's. */
class PeerVerifierTest {
  private static final Authority CA = Authority.named("ca");
  private static final Authority OTHER = Authority.named("other");
  private static final X509Bundle GOOD = CA.issue(Authority.leaf("good.test"));

  private boolean allowExpired;
  private boolean onlyLeaf;
  private final List<X509CRL> revocations = new ArrayList<>();

  // ---- chains

  @Test
  void whoIsSignedByOneWhoIsTrustedIsAccepted() {
    assertThat(chain(CA, GOOD.getCertificate())).isNull();
  }

  @Test
  void anIntermediateAuthorityIsFoundAmongWhatIsPresented() {
    Authority between = CA.below("between");
    X509Certificate leaf = between.issue(Authority.leaf()).getCertificate();
    assertThat(chain(CA, leaf, GOOD.getCertificate(), between.certificate())).isNull();
    assertThat(chain(CA, leaf)).isEqualTo(error(0, "unable to get local issuer certificate"));
  }

  @Test
  void anyTrustedCertificateEndsAChain() {
    Authority between = CA.below("between");
    X509Certificate leaf = between.issue(Authority.leaf()).getCertificate();
    assertThat(chain(between, leaf)).isNull();
    assertThat(judge(List.of(leaf), leaf)).isNull();
  }

  @Test
  void whoIsSignedByAStrangerIsNot() {
    X509Certificate leaf = OTHER.issue(Authority.leaf()).getCertificate();
    assertThat(chain(CA, leaf)).isEqualTo(error(0, "unable to get local issuer certificate"));
    assertThat(chain(CA, leaf, OTHER.certificate()))
        .isEqualTo(error(1, "self signed certificate in certificate chain"));
  }

  @Test
  void whoSignedItselfIsNot() {
    assertThat(chain(CA, OTHER.certificate())).isEqualTo(error(0, "self signed certificate"));
  }

  @Test
  void anAuthorityOfTheSameNameIsNotTheSame() {
    X509Certificate leaf = Authority.named("ca").issue(Authority.leaf()).getCertificate();
    assertThat(chain(CA, leaf)).isEqualTo(error(0, "certificate signature failure"));
  }

  @Test
  void ofTwoAuthoritiesOfOneNameTheOneThatSignedCounts() {
    Authority replaced = Authority.named("ca");
    assertThat(judge(List.of(replaced.certificate(), CA.certificate()), GOOD.getCertificate()))
        .isNull();
  }

  @Test
  void theTimeMustBeRight() {
    Instant now = Instant.now();
    X509Certificate expired = leaf(now.minusSeconds(100), now.minusSeconds(1));
    X509Certificate early = leaf(now.plusSeconds(100), now.plusSeconds(200));
    assertThat(chain(CA, expired)).isEqualTo(error(0, "certificate has expired"));
    assertThat(chain(CA, early)).isEqualTo(error(0, "certificate is not yet valid"));
    allowExpired = true;
    assertThat(chain(CA, expired)).isNull();
    assertThat(chain(CA, early)).isNull();
  }

  @Test
  void theTimeOfTheTrustedOneMustBeRightToo() {
    Authority old =
        Authority.of(
            Authority.authority("old")
                .notBefore(Instant.now().minus(Duration.ofDays(9)))
                .notAfter(Instant.now().minusSeconds(1)));
    X509Certificate leaf = old.issue(Authority.leaf()).getCertificate();
    assertThat(chain(old, leaf)).isEqualTo(error(1, "certificate has expired"));
    allowExpired = true;
    assertThat(chain(old, leaf)).isNull();
  }

  private static X509Certificate leaf(Instant from, Instant to) {
    return CA.issue(Authority.leaf().notBefore(from).notAfter(to)).getCertificate();
  }

  @Test
  void onlyAnAuthorityMaySign() throws Exception {
    X509Certificate leaf = forge(Authority.leaf().subject("CN=forged"), GOOD);
    assertThat(chain(CA, leaf, GOOD.getCertificate()))
        .isEqualTo(error(1, "invalid CA certificate"));
    assertThat(judge(List.of(GOOD.getCertificate()), leaf))
        .isEqualTo(error(1, "invalid CA certificate"));
  }

  /** Signed with the key of one who is no authority, which the builder itself refuses to do. */
  private static X509Certificate forge(CertificateBuilder builder, X509Bundle by) throws Exception {
    X509Bundle posing =
        X509Bundle.fromRootCertificateAuthority(
            Authority.authority("leaf").keyPair(by.getKeyPair()).buildSelfSigned().getCertificate(),
            by.getKeyPair());
    return builder.buildIssuedBy(posing).getCertificate();
  }

  @Test
  void anAuthorityMayForbidOthersBelowIt() {
    Authority last =
        CA.below(Authority.authority("last").setPathLengthConstraint(OptionalInt.of(0)));
    Authority below = last.below("below");
    X509Certificate leaf = below.issue(Authority.leaf()).getCertificate();
    assertThat(chain(CA, leaf, below.certificate(), last.certificate()))
        .isEqualTo(error(1, "path length constraint exceeded"));
    assertThat(chain(last, leaf, below.certificate()))
        .isEqualTo(error(2, "path length constraint exceeded"));
    assertThat(chain(last, last.issue(Authority.leaf()).getCertificate())).isNull();
  }

  @Test
  void anAuthorityMayBeForSomeNamesOnly() throws Exception {
    byte[] onlyGood =
        new NameConstraints(
                new GeneralSubtree[] {
                  new GeneralSubtree(new GeneralName(GeneralName.dNSName, "good.test"))
                },
                null)
            .getEncoded();
    Authority root =
        Authority.of(
            Authority.authority("root").addExtensionOctetString("2.5.29.30", true, onlyGood));
    assertThat(chain(root, root.issue(Authority.leaf("a.good.test")).getCertificate())).isNull();
    assertThat(chain(root, root.issue(Authority.leaf("bad.test")).getCertificate()))
        .isEqualTo(error(0, "permitted subtree violation"));
    Authority between =
        CA.below(
            Authority.authority("between").addExtensionOctetString("2.5.29.30", true, onlyGood));
    X509Certificate bad = between.issue(Authority.leaf("bad.test")).getCertificate();
    assertThat(chain(CA, bad, between.certificate()))
        .isEqualTo(error(0, "permitted subtree violation"));
    assertThat(chain(between, bad)).isEqualTo(error(0, "permitted subtree violation"));
  }

  @Test
  void theCertificateMustBeForServers() {
    X509Certificate client =
        CA.issue(Authority.leaf().addExtendedKeyUsageClientAuth()).getCertificate();
    X509Certificate both =
        CA.issue(Authority.leaf().addExtendedKeyUsageClientAuth().addExtendedKeyUsageServerAuth())
            .getCertificate();
    X509Certificate signsOnly =
        CA.issue(Authority.leaf().setKeyUsage(true, KeyUsage.cRLSign)).getCertificate();
    assertThat(chain(CA, client)).isEqualTo(error(0, "unsupported certificate purpose"));
    assertThat(chain(CA, both)).isNull();
    assertThat(chain(CA, signsOnly)).isEqualTo(error(0, "unsupported certificate purpose"));
  }

  // ---- revocation

  @Test
  void aRevokedCertificateIsRefused() throws Exception {
    revocations.add(CA.revocations());
    assertThat(chain(CA, GOOD.getCertificate())).isNull();
    revocations.set(0, CA.revocations(GOOD.getCertificate()));
    assertThat(chain(CA, GOOD.getCertificate()))
        .isEqualTo(
            error(
                0,
                "certificate revocation check against provided CRLs failed: certificate revoked"));
  }

  @Test
  void everyIssuersListIsNeededUnlessOnlyTheLeafCounts() throws Exception {
    Authority between = CA.below("between");
    X509Certificate leaf = between.issue(Authority.leaf()).getCertificate();
    revocations.add(between.revocations());
    assertThat(requireNonNull(chain(CA, leaf, between.certificate())).number())
        .isEqualTo(ChainError.NO_CRL.number());
    onlyLeaf = true;
    assertThat(chain(CA, leaf, between.certificate())).isNull();
  }

  // ---- names

  @ParameterizedTest
  @CsvSource({
    "good.test, good.test, true",
    "GOOD.test, good.TEST, true",
    "good.test, other.test, false",
    "*.good.test, a.good.test, true",
    "*.good.test, good.test, false",
    "*.good.test, a.b.good.test, false",
    "a*.good.test, ab.good.test, true",
    "a*c.good.test, abc.good.test, true",
    "a*c.good.test, ac.good.test, true",
    "a*c.good.test, a.good.test, false",
    "*, good, false",
    "*.*.test, a.good.test, false",
    "xn--*.good.test, xn--a.good.test, false",
  })
  void aWildcardStandsForPartOfTheFirstLabel(String pattern, String host, boolean matches) {
    assertThat(SanMatcher.dns(host).matches(new SubjectAltName(SubjectAltName.Type.DNS, pattern)))
        .isEqualTo(matches);
  }

  @Test
  void oneOfTheNamesMustBeInTheCertificate() throws Exception {
    X509Certificate named =
        CA.issue(
                Authority.leaf("good.test")
                    .addSanUriName(new URI("spiffe://a/b"))
                    .addSanIpAddress("127.0.0.1")
                    .addSanIpAddress("::1")
                    .addSanRfc822Name("a@b.c"))
            .getCertificate();
    assertThat(names(named, exact(SubjectAltName.Type.URI, "spiffe://a/b"))).isNull();
    assertThat(names(named, exact(SubjectAltName.Type.IP_ADDRESS, "127.0.0.1"))).isNull();
    assertThat(names(named, exact(SubjectAltName.Type.IP_ADDRESS, "::1"))).isNull();
    assertThat(names(named, exact(SubjectAltName.Type.EMAIL, "a@b.c"))).isNull();
    assertThat(names(named, SanMatcher.dns("x.test"), SanMatcher.dns("good.test"))).isNull();
    Rejection rejection =
        requireNonNull(names(named, exact(SubjectAltName.Type.EMAIL, "good.test")));
    assertThat(rejection.finding()).isEqualTo(Finding.WRONG_NAME);
    assertThat(rejection.reason())
        .isEqualTo(
            "verify cert failed: SAN matcher, certificate SANs are [good.test, spiffe://a/b,"
                + " 127.0.0.1, ::1, a@b.c]");
  }

  @ParameterizedTest
  @CsvSource({
    "0c0568656c6c6f, hello",
    "160568656c6c6f, hello",
    "1e0400680069, hi",
    "0500, ''",
    "0101ff, true",
    "010100, false",
    "0203ff0000, -65536",
    "0a0107, 7",
    "06092a864886f70d010901, 1.2.840.113549.1.9.1",
    "0603813403, 2.100.3",
    "0303006869, hi",
    "04026869, hi",
    "30040c026869, '0\u0004\u000c\u0002hi'",
  })
  void aNameOfNoOtherTypeIsATextWhateverItIs(String der, String value) {
    X509Certificate named =
        CA.issue(
                Authority.leaf("good.test")
                    .addSanOtherName("1.2.3.4", HexFormat.of().parseHex(der))
                    .addSanOtherName("1.3.6.1.4.1.311.20.2.3", new byte[] {0x0C, 1, 'x'}))
            .getCertificate();
    assertThat(names(named, other("1.2.3.4", value))).isNull();
    assertThat(names(named, other("1.3.6.1.4.1.311.20.2.3", "x"))).isNull();
    assertThat(names(named, other("1.2.3.5", value))).isNotNull();
    assertThat(names(named, exact(SubjectAltName.Type.DNS, "good.test"))).isNull();
    assertThat(requireNonNull(names(named, other("1.2.3.4", "y"))).reason())
        .endsWith("certificate SANs are [good.test, " + value + ", x]");
  }

  private static SanMatcher other(String oid, String value) {
    return new SanMatcher(SubjectAltName.Type.OTHER_NAME, oid, StringMatch.exact(value, false));
  }

  @Test
  void aCertificateWithoutNamesHasNoneThatMatches() {
    X509Certificate nameless = CA.issue(Authority.leaf()).getCertificate();
    Rejection rejection = requireNonNull(names(nameless, SanMatcher.dns("good.test")));
    assertThat(rejection.reason())
        .isEqualTo("verify cert failed: SAN matcher, certificate SANs are []");
  }

  @Test
  void theServersNameMayBeWantedInPlaceOfOthers() {
    PeerVerifier verifier =
        new PeerVerifier(
            trust(List.of(CA.certificate())),
            List.of(SanMatcher.dns("x.test")),
            true,
            List.of(),
            List.of(),
            false);
    List<X509Certificate> chain = List.of(GOOD.getCertificate());
    assertThat(verifier.verify(chain, "good.test")).isNull();
    assertThat(verifier.verify(chain, "x.test")).isNotNull();
    assertThat(verifier.verify(chain, "")).isNotNull();
  }

  // ---- pins

  @Test
  void oneOfThePinsMustFit() throws Exception {
    X509Certificate peer = GOOD.getCertificate();
    ByteString certificate = sha256(peer.getEncoded());
    ByteString key = sha256(peer.getPublicKey().getEncoded());
    ByteString wrong = sha256(new byte[0]);
    assertThat(pins(List.of(wrong, certificate), List.of())).isNull();
    assertThat(pins(List.of(), List.of(key))).isNull();
    assertThat(pins(List.of(wrong), List.of(key))).isNull();
    Rejection rejection = requireNonNull(pins(List.of(key), List.of(certificate)));
    assertThat(rejection.finding()).isEqualTo(Finding.WRONG_HASH);
    assertThat(rejection.reason()).isEqualTo("verify cert failed: cert hash and spki");
  }

  private static @Nullable Rejection pins(List<ByteString> certificates, List<ByteString> keys) {
    return new PeerVerifier(null, List.of(), false, certificates, keys, false)
        .verify(List.of(GOOD.getCertificate()), "");
  }

  private static ByteString sha256(byte[] bytes) throws Exception {
    return ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void theRuntimesOwnAuthoritiesTrustNoneOfOurs() throws Exception {
    Rejection rejection =
        requireNonNull(
            PeerVerifier.ofSystem("good.test").verify(List.of(GOOD.getCertificate()), ""));
    assertThat(rejection.finding()).isEqualTo(Finding.BAD_CHAIN);
  }

  // ----

  private static SanMatcher exact(SubjectAltName.Type type, String name) {
    return new SanMatcher(type, StringMatch.exact(name, false));
  }

  private static @Nullable Rejection names(X509Certificate leaf, SanMatcher... names) {
    return CA.verifier(names).verify(List.of(leaf), "");
  }

  private @Nullable Rejection chain(Authority trusted, X509Certificate... presented) {
    return judge(List.of(trusted.certificate()), presented);
  }

  private @Nullable Rejection judge(List<X509Certificate> trusted, X509Certificate... presented) {
    return new PeerVerifier(trust(trusted), List.of(), false, List.of(), List.of(), false)
        .verify(Arrays.asList(presented), "");
  }

  private TrustAnchors trust(List<X509Certificate> trusted) {
    return new TrustAnchors(trusted, revocations, onlyLeaf, allowExpired);
  }

  private static Rejection error(int depth, String text) {
    ChainError error =
        Arrays.stream(ChainError.values()).filter(e -> e.text().equals(text)).findAny().get();
    return new Rejection(
        Finding.BAD_CHAIN,
        error.number(),
        "verify cert failed: X509_verify_cert: certificate verification error at depth "
            + depth
            + ": "
            + text);
  }
}
