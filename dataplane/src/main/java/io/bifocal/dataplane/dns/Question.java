package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Family;

/**
 * What a server is asked: a name's addresses of one family.
 *
 * @param name absolute, in ASCII, without a trailing dot
 */
record Question(String name, Family family) {}
