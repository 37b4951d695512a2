package io.bifocal.conformance.rfc8305;

import java.util.Arrays;
import java.util.List;

/**
 * The short names of the far side's addresses: family and letter, {@code 6a} and {@code 4a} the
 * first ones. To {@code 6x} and {@code 4x} there is no route.
 */
record FarSide(List<String> sixes, List<String> fours) {
  private static final String SIX_WITHOUT_ROUTE = "2001:db8:ffff::1";
  private static final String FOUR_WITHOUT_ROUTE = "203.0.113.1";

  static FarSide of(Lab lab) {
    return new FarSide(lab.addresses("sixes"), lab.addresses("fours"));
  }

  /** The address of a short name; anything else as it is. */
  String address(String name) {
    return switch (name) {
      case "6x" -> SIX_WITHOUT_ROUTE;
      case "4x" -> FOUR_WITHOUT_ROUTE;
      default ->
          name.matches("[46][a-w]")
              ? (name.charAt(0) == '6' ? sixes : fours).get(name.charAt(1) - 'a')
              : name;
    };
  }

  /** The addresses of several short names with spaces between them. */
  List<String> addresses(String names) {
    return Arrays.stream(names.split(" ")).map(this::address).toList();
  }

  /** The short name of an address; anything else as it is. */
  String name(String address) {
    int six = sixes.indexOf(address);
    int four = fours.indexOf(address);
    return six >= 0 ? "6" + letter(six) : four >= 0 ? "4" + letter(four) : address;
  }

  /** The same text, every address in it by its short name. */
  String named(String text) {
    String named =
        text.replace("[" + SIX_WITHOUT_ROUTE + "]", "6x").replace(FOUR_WITHOUT_ROUTE, "4x");
    // The longer ones first: 198.51.100.1 begins 198.51.100.16.
    for (int i = sixes.size() - 1; i >= 0; i--) {
      named = named.replace("[" + sixes.get(i) + "]", "6" + letter(i));
    }
    for (int i = fours.size() - 1; i >= 0; i--) {
      named = named.replace(fours.get(i) + ":", "4" + letter(i) + ":");
    }
    return named;
  }

  private static char letter(int index) {
    return (char) ('a' + index);
  }
}
