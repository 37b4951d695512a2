/** Network filters beside the TCP proxy: limits and answers for whole connections. */
@NullMarked
package io.bifocal.dataplane.tcp.filter;

import org.jspecify.annotations.NullMarked;
