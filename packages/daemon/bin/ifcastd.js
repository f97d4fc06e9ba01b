#!/usr/bin/env node
import '../dist/ifcastd.js';
