package io.bifocal.dataplane.admin;

import com.google.gson.stream.JsonWriter;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.RuntimeLayer;
import io.bifocal.dataplane.runtime.RuntimeSnapshot;
import io.bifocal.dataplane.runtime.RuntimeValue;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/** {@code /runtime} and {@code /runtime_modify}, as Envoy prints them; keys are sorted. */
final class RuntimePage {
  private static final String USAGE =
      """
      usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN
             or send the parameters as form values
      use an empty value to remove a previously added override""";

  private RuntimePage() {}

  static Answer print(RuntimeSnapshot runtime) {
    StringWriter text = new StringWriter();
    try {
      JsonWriter out = new JsonWriter(text);
      out.setHtmlSafe(false);
      out.setIndent(" ");
      write(runtime, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Answer.json(text.append('\n').getBuffer());
  }

  private static void write(RuntimeSnapshot runtime, JsonWriter out) throws IOException {
    out.beginObject().name("entries").beginObject();
    for (Map.Entry<String, RuntimeValue> entry : new TreeMap<>(runtime.values()).entrySet()) {
      out.name(entry.getKey()).beginObject().name("layer_values").beginArray();
      for (RuntimeLayer layer : runtime.layers()) {
        RuntimeValue value = layer.values().get(entry.getKey());
        out.value(value == null ? "" : value.text());
      }
      out.endArray().name("final_value").value(entry.getValue().text()).endObject();
    }
    out.endObject().name("layers").beginArray();
    for (RuntimeLayer layer : runtime.layers()) {
      out.value(layer.name());
    }
    out.endArray().endObject();
  }

  static Answer modify(ProxyView view, Map<String, String> changes) {
    if (changes.isEmpty()) {
      return Answer.error(400, USAGE);
    }
    try {
      view.overrideRuntime(changes);
      return Answer.ok();
    } catch (ConfigException e) {
      return Answer.error(503, e.reason());
    }
  }
}
