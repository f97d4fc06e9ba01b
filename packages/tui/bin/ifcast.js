#!/usr/bin/env node
import '../dist/ifcast.js';
