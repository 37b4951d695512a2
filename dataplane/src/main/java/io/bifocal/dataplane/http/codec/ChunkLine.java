package io.bifocal.dataplane.http.codec;

/**
 * The line before a chunk, byte by byte (RFC 9112, section 7.1.1): its size, and extensions that
 * nobody here knows but that must be well-formed, or readers disagree on where the line ends.
 */
final class ChunkLine {
  private static final String NOT_IN_NAMES = "(),/:<=>?@[\\]{}";

  private enum State {
    SIZE,
    BLANKS,
    NAME,
    VALUE,
    TOKEN,
    QUOTED,
    ESCAPED,
    UNQUOTED,
    LINE_FEED,
    DONE,
    BAD
  }

  private final int maxLength;
  private State state = State.SIZE;
  private long size;
  private int length;

  ChunkLine(int maxLength) {
    this.maxLength = maxLength;
  }

  /** Before the next one. */
  void begin() {
    state = State.SIZE;
    size = 0;
    length = 0;
  }

  boolean isDone() {
    return state == State.DONE;
  }

  boolean isBad() {
    return state == State.BAD;
  }

  /** Of the chunk, in bytes. */
  int size() {
    return (int) size;
  }

  /** The next byte of the line, whose end is a part of it. */
  void add(byte b) {
    state = ++length > maxLength + 2 ? State.BAD : after(b);
  }

  private State after(byte b) {
    return switch (state) {
      case SIZE -> inSize(b);
      case BLANKS -> isBlank(b) ? State.BLANKS : b == ';' ? State.NAME : State.BAD;
      case NAME -> b == '=' ? State.VALUE : isBlank(b) || isName(b) ? State.NAME : end(b);
      case VALUE -> {
        if (isBlank(b)) {
          yield State.VALUE;
        }
        yield b == '"' ? State.QUOTED : isName(b) ? State.TOKEN : State.BAD;
      }
      case TOKEN -> b == ';' ? State.NAME : isName(b) ? State.TOKEN : end(b);
      case QUOTED -> {
        if (b == '"') {
          yield State.UNQUOTED;
        }
        yield b == '\\' ? State.ESCAPED : isText(b) ? State.QUOTED : State.BAD;
      }
      case ESCAPED -> isText(b) ? State.QUOTED : State.BAD;
      case UNQUOTED -> isBlank(b) ? State.UNQUOTED : b == ';' ? State.NAME : end(b);
      case LINE_FEED -> b == '\n' ? State.DONE : State.BAD;
      case DONE, BAD -> State.BAD;
    };
  }

  private State inSize(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      size = size * 16 + digit;
      return size > Integer.MAX_VALUE ? State.BAD : State.SIZE;
    }
    if (length == 1) { // not a single digit
      return State.BAD;
    }
    return isBlank(b) ? State.BLANKS : b == ';' ? State.NAME : end(b);
  }

  private static State end(byte b) {
    return b == '\r' ? State.LINE_FEED : State.BAD;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  private static boolean isText(byte b) {
    return (b >= ' ' && b < 0x7f) || b == '\t';
  }

  private static boolean isName(byte b) {
    return b > ' ' && b < 0x7f && NOT_IN_NAMES.indexOf(b) < 0;
  }
}
