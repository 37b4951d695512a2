package io.bifocal.api.json;

import com.google.common.collect.Iterators;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Prints a message that is one list of messages: field by field of each, and element by element
 * where that is a list again. Each is printed when it is asked for, so that neither the whole text
 * nor what it is of need ever be there.
 */
public final class ListJson {
  private final MessageJson json = new MessageJson();
  private final UnaryOperator<Message> shown;
  private final boolean typed;

  private ListJson(UnaryOperator<Message> shown, boolean typed) {
    this.shown = shown;
    this.typed = typed;
  }

  /**
   * The text's pieces.
   *
   * @param name the list's
   * @param elements objects to JSON; what is in them is not read before it is printed
   * @param typed whether each is in an {@code Any}
   * @param shown what may be seen of a part: of an element one field alone, and of a list in it one
   *     message alone
   */
  public static Iterator<String> print(
      String name,
      Iterator<? extends Message> elements,
      boolean typed,
      UnaryOperator<Message> shown) {
    ListJson list = new ListJson(shown, typed);
    return Iterators.transform(list.all(name, elements), list::print);
  }

  private String print(Runnable piece) {
    piece.run();
    return json.out.take();
  }

  private Iterator<Runnable> all(String name, Iterator<? extends Message> elements) {
    if (!elements.hasNext()) {
      return one(() -> json.out.raw("{}\n"));
    }
    return Iterators.concat(
        one(
            () -> {
              open('{');
              json.out.key(name);
              json.out.open('[');
            }),
        Iterators.concat(Iterators.transform(elements, this::element)),
        one(
            () -> {
              json.out.close(']');
              close('}');
              json.out.raw("\n");
            }));
  }

  private Iterator<Runnable> element(Message element) {
    return Iterators.concat(
        one(
            () -> {
              json.out.item();
              open('{');
              if (typed) {
                json.out.key("@type");
                json.out.string(
                    "type.googleapis.com/" + element.getDescriptorForType().getFullName());
                json.depth++; // as an Any has it
              }
            }),
        Iterators.concat(
            Iterators.transform(
                element.getAllFields().entrySet().iterator(), field -> field(element, field))),
        one(
            () -> {
              if (typed) {
                json.depth--;
              }
              close('}');
            }));
  }

  private Iterator<Runnable> field(Message element, Map.Entry<FieldDescriptor, Object> entry) {
    FieldDescriptor field = entry.getKey();
    if (field.isMapField()
        || !field.isRepeated()
        || field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      return one(() -> json.fields(shown(element, field, entry.getValue())));
    }
    return Iterators.concat(
        one(
            () -> {
              json.out.key(field.getName());
              json.out.open('[');
            }),
        Iterators.transform(
            ((List<?>) entry.getValue()).iterator(),
            value ->
                () -> {
                  json.out.item();
                  Message alone = shown(element, field, List.of(value));
                  json.value(field, alone.getRepeatedField(field, 0));
                }),
        one(() -> json.out.close(']')));
  }

  private Message shown(Message of, FieldDescriptor field, Object value) {
    return shown.apply(of.newBuilderForType().setField(field, value).build());
  }

  private void open(char bracket) {
    json.depth++;
    json.out.open(bracket);
  }

  private void close(char bracket) {
    json.out.close(bracket);
    json.depth--;
  }

  private static Iterator<Runnable> one(Runnable piece) {
    return Iterators.singletonIterator(piece);
  }
}
