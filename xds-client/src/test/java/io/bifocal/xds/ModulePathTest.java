package io.bifocal.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.Code;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.module.ResolutionException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Why the client has no module descriptor: what it stands on cannot be on one module path. When
 * this fails that has changed, and a descriptor should export what {@code api/xds-client.api} has.
 */
class ModulePathTest {
  @Test
  void envoysMessagesAndGrpcsOwnCannotBeModulesOfOneProgram() throws URISyntaxException {
    ModuleFinder jars = ModuleFinder.of(jarOf(Node.class), jarOf(Code.class));
    Set<String> names =
        jars.findAll().stream()
            .map(ModuleReference::descriptor)
            .map(descriptor -> descriptor.name())
            .collect(Collectors.toSet());
    assertThat(names).hasSize(2);
    Configuration parent = ModuleLayer.boot().configuration();
    assertThatThrownBy(() -> parent.resolve(jars, ModuleFinder.of(), names))
        .isInstanceOf(ResolutionException.class)
        .hasMessageContaining("package com.google.");
  }

  private static Path jarOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
