/**
 * The colours of the palettes. CARTOColors by CARTO (CC BY 4.0, https://carto.com/carto-colors/), ColorBrewer palettes
 * (`CB_`) by Cynthia Brewer, Mark Harrower and The Pennsylvania State University (Apache License 2.0,
 * https://colorbrewer2.org/). Loaded when a map is made, not by importing `./viz`.
 */
import type { PaletteName } from "./palettes.ts";
import { mixColors } from "./_css_color.ts";

/** Ramps: for each number of colours a list of its own, as hexadecimal digits without anything in between. */
const RAMPS: Readonly<Record<string, string>> = {
  BURG:
    "ffc6c4672044 ffc6c4cc607d672044 ffc6c4e38191ad466c672044 ffc6c4ee919bcc607d9e3963672044 ffc6c4f29ca3da7489b9507393345d672044 ffc6c4f4a3a8e38191cc607dad466c8b3058672044",
  BURGYL:
    "fbe6c570284a fbe6c5dc717670284a fbe6c5ee8a82c8586c70284a fbe6c5f2a28adc7176b24b6570284a fbe6c5f4b191e7807dd06270a4436070284a fbe6c5f5ba98ee8a82dc7176c8586c9c3f5d70284a",
  REDOR:
    "f6d2a9b13f64 f6d2a9ea8171b13f64 f6d2a9f19c7cdd686cb13f64 f6d2a9f3aa84ea8171d55d6ab13f64 f6d2a9f4b28aef9177e3726dcf5669b13f64 f6d2a9f5b78ef19c7cea8171dd686cca5268b13f64",
  ORYEL:
    "ecda9aee4d5a ecda9af7945dee4d5a ecda9af3ad6af97b57ee4d5a ecda9af1b973f7945df86f56ee4d5a ecda9af0c079f5a363f98558f76856ee4d5a ecda9aefc47ef3ad6af7945df97b57f66356ee4d5a",
  PEACH:
    "fde0c5eb4a40 fde0c5f59e72eb4a40 fde0c5f8b58bf2855deb4a40 fde0c5f9c098f59e72f17854eb4a40 fde0c5fac7a1f7ac80f38f65f0704feb4a40 fde0c5facba6f8b58bf59e72f2855def6a4ceb4a40",
  PINKYL:
    "fef6b5e15383 fef6b5ffa679e15383 fef6b5ffc285fa8a76e15383 fef6b5ffd08effa679f67b77e15383 fef6b5ffd795ffb77ffd9576f37378e15383 fef6b5ffdd9affc285ffa679fa8a76f16d7ae15383",
  MINT:
    "e4f1e10d585f e4f1e163a6a00d585f e4f1e189c0b6448c8a0d585f e4f1e19ccdc163a6a0337f7f0d585f e4f1e1abd4c77ab5ad5096932c77780d585f e4f1e1b4d9cc89c0b663a6a0448c8a2872740d585f",
  BLUGRN:
    "c4e6c31d4f60 c4e6c34da2841d4f60 c4e6c36dbc9036877a1d4f60 c4e6c380c7994da2842d79741d4f60 c4e6c38dce9f5fb28b3e927e2970711d4f60 c4e6c396d2a46dbc904da28436877a266b6e1d4f60",
  DARKMINT:
    "d2fbd4123f5a d2fbd4559c9e123f5a d2fbd47bbcb03a7c89123f5a d2fbd48eccb9559c9e2b6c7f123f5a d2fbd49cd5be6cafa9458892266377123f5a d2fbd4a5dbc27bbcb0559c9e3a7c89235d72123f5a",
  EMRLD:
    "d3f2a3074050 d3f2a34c9b82074050 d3f2a36cc08b217a79074050 d3f2a382d0914c9b8219696f074050 d3f2a38fda9460b18735877d145f69074050 d3f2a397e1966cc08b4c9b82217a79105965074050",
  AG_GRNYL:
    "245668edef5d 24566839ab7eedef5d 2456680d8f816ec574edef5d 24566804817e39ab7e8bd16dedef5d 24566809787c1d9a8158bb799dd869edef5d 2456680f72790d8f8139ab7e6ec574a9dc67edef5d",
  BLUYL:
    "f7feae045275 f7feae46aea0045275 f7feae7ccba2089099045275 f7feae9bd8a446aea0058092045275 f7feaeace1a468bfa12a9c9c02778e045275 f7feaeb7e6a57ccba246aea008909900718b045275",
  TEAL:
    "d1eeea2a5674 d1eeea68abb82a5674 d1eeea85c4c94f90a62a5674 d1eeea96d0d168abb845829b2a5674 d1eeeaa1d7d679bbc3599bae3f79942a5674 d1eeeaa8dbd985c4c968abb84f90a63b738f2a5674",
  TEALGRN:
    "b0f2bc257d98 b0f2bc4cc8a3257d98 b0f2bc67dba538b2a3257d98 b0f2bc77e2a84cc8a331a6a2257d98 b0f2bc82e6aa5bd4a43fbba32e9ea1257d98 b0f2bc89e8ac67dba54cc8a338b2a32c98a0257d98",
  PURP:
    "f3e0f763589f f3e0f7b998dd63589f f3e0f7d1afe89f82ce63589f f3e0f7dbbaedb998dd9178c463589f f3e0f7e0c2efc8a5e4aa8bd48871be63589f f3e0f7e4c7f1d1afe8b998dd9f82ce826dba63589f",
  PURPOR:
    "f9ddda573b88 f9dddace78b3573b88 f9dddae597b9ad5fad573b88 f9dddaeda8bdce78b39955a8573b88 f9dddaf0b2c1dd8ab6bb69b08c4fa4573b88 f9dddaf2b9c4e597b9ce78b3ad5fad834ba0573b88",
  SUNSET:
    "f3e79b5c53a5 f3e79beb7f865c53a5 f3e79bf8a07ece66935c53a5 f3e79bfab27feb7f86b95e9a5c53a5 f3e79bfabc82f59280dc6f8eab5b9e5c53a5 f3e79bfac484f8a07eeb7f86ce6693a059a05c53a5",
  MAGENTA:
    "f3cbd36c2167 f3cbd3ca699d6c2167 f3cbd3dd88acb14d8e6c2167 f3cbd3e498b4ca699da241866c2167 f3cbd3e7a2b9d67ba5bc5894983a816c2167 f3cbd3eaa9bddd88acca699db14d8e91357d6c2167",
  SUNSETDARK:
    "fcde9c7c1d6f fcde9ce34f6f7c1d6f fcde9cf0746edc39777c1d6f fcde9cf58670e34f6fd72d7c7c1d6f fcde9cf89872ec666ddf4273c5287b7c1d6f fcde9cfaa476f0746ee34f6fdc3977b9257a7c1d6f",
  AG_SUNSET:
    "4b2991edd9a3 4b2991ea4f88edd9a3 4b2991c0369dfa7876edd9a3 4b2991a52fa2ea4f88fa9074edd9a3 4b2991932da3d43f96f7667cf89f77edd9a3 4b2991872ca2c0369dea4f88fa7876f6a97aedd9a3",
  BRWNYL:
    "ede5cf541f3f ede5cfc1766f541f3f ede5cfd39c83a65461541f3f ede5cfdaaf91c1766f95455a541f3f ede5cfddba9bcd8c7ab261668a3c56541f3f ede5cfe0c2a2d39c83c1766fa65461813753541f3f",
  ARMYROSE:
    "929b4fdb8195 a3ad62fdfbe4df91a3 929b4fd9dbaff3d1cadb8195 879043c1c68cfdfbe4ebb4b8d8758b 7f883bb0b874e3e4bef6ddd1e4a0acd66d85 798234a3ad62d0d3a2fdfbe4f0c6c3df91a3d46780",
  FALL:
    "3d5941ca562c 3d5941f6edbdca562c 3d5941b5b991edbb8aca562c 3d594196a07cf6edbde6a272ca562c 3d5941839170cecea2f1cf9ee19464ca562c 3d5941778868b5b991f6edbdedbb8ade8a5aca562c",
  GEYSER:
    "008080ca562c 008080f6edbdca562c 008080b4c8a8edbb8aca562c 00808092b69ef6edbde6a272ca562c 0080807eab98ced7b1f1cf9ee19464ca562c 00808070a494b4c8a8f6edbdedbb8ade8a5aca562c",
  TEMPS:
    "009392cf597e 009392e9e29ccf597e 0093929ccb86eeb479cf597e 00939271be83e9e29ced9c72cf597e 00939252b684bcd48cedc783eb8d71cf597e 00939239b1859ccb86e9e29ceeb479e88471cf597e",
  TEALROSE:
    "009392d0587e 009392f1eac8d0587e 00939291b8aadfa0a0d0587e 00939291b8aaf1eac8dfa0a0d0587e 00939272aaa1b1c7b3e5b9add98994d0587e 00939272aaa1b1c7b3f1eac8e5b9add98994d0587e",
  TROPIC:
    "009b9ec75dab 009b9ef1f1f1c75dab 009b9ea7d3d4e4c1d9c75dab 009b9e7cc5c6f1f1f1dda9cdc75dab 009b9e5dbcbec6dfdfe9d4e2d99bc6c75dab 009b9e42b7b9a7d3d4f1f1f1e4c1d9d691c1c75dab",
  EARTH:
    "a169282887a1 a16928edeac22887a1 a16928d6bd8db5c8b82887a1 a16928caa873edeac298b7b22887a1 a16928c29b64e0cfa2cbd5bc85adaf2887a1 a16928bd925ad6bd8dedeac2b5c8b879a7ac2887a1",
  CB_YLGN:
    "f7fcb9addd8e31a354 ffffccc2e69978c679238443 ffffccc2e69978c67931a354006837 ffffccd9f0a3addd8e78c67931a354006837 ffffccd9f0a3addd8e78c67941ab5d238443005a32 ffffe5f7fcb9d9f0a3addd8e78c67941ab5d238443005a32 ffffe5f7fcb9d9f0a3addd8e78c67941ab5d238443006837004529",
  CB_YLGNBU:
    "edf8b17fcdbb2c7fb8 ffffcca1dab441b6c4225ea8 ffffcca1dab441b6c42c7fb8253494 ffffccc7e9b47fcdbb41b6c42c7fb8253494 ffffccc7e9b47fcdbb41b6c41d91c0225ea80c2c84 ffffd9edf8b1c7e9b47fcdbb41b6c41d91c0225ea80c2c84 ffffd9edf8b1c7e9b47fcdbb41b6c41d91c0225ea8253494081d58",
  CB_GNBU:
    "e0f3dba8ddb543a2ca f0f9e8bae4bc7bccc42b8cbe f0f9e8bae4bc7bccc443a2ca0868ac f0f9e8ccebc5a8ddb57bccc443a2ca0868ac f0f9e8ccebc5a8ddb57bccc44eb3d32b8cbe08589e f7fcf0e0f3dbccebc5a8ddb57bccc44eb3d32b8cbe08589e f7fcf0e0f3dbccebc5a8ddb57bccc44eb3d32b8cbe0868ac084081",
  CB_BUGN:
    "e5f5f999d8c92ca25f edf8fbb2e2e266c2a4238b45 edf8fbb2e2e266c2a42ca25f006d2c edf8fbccece699d8c966c2a42ca25f006d2c edf8fbccece699d8c966c2a441ae76238b45005824 f7fcfde5f5f9ccece699d8c966c2a441ae76238b45005824 f7fcfde5f5f9ccece699d8c966c2a441ae76238b45006d2c00441b",
  CB_PUBUGN:
    "ece2f0a6bddb1c9099 f6eff7bdc9e167a9cf02818a f6eff7bdc9e167a9cf1c9099016c59 f6eff7d0d1e6a6bddb67a9cf1c9099016c59 f6eff7d0d1e6a6bddb67a9cf3690c002818a016450 fff7fbece2f0d0d1e6a6bddb67a9cf3690c002818a016450 fff7fbece2f0d0d1e6a6bddb67a9cf3690c002818a016c59014636",
  CB_PUBU:
    "ece7f2a6bddb2b8cbe f1eef6bdc9e174a9cf0570b0 f1eef6bdc9e174a9cf2b8cbe045a8d f1eef6d0d1e6a6bddb74a9cf2b8cbe045a8d f1eef6d0d1e6a6bddb74a9cf3690c00570b0034e7b fff7fbece7f2d0d1e6a6bddb74a9cf3690c00570b0034e7b fff7fbece7f2d0d1e6a6bddb74a9cf3690c00570b0045a8d023858",
  CB_BUPU:
    "e0ecf49ebcda8856a7 edf8fbb3cde38c96c688419d edf8fbb3cde38c96c68856a7810f7c edf8fbbfd3e69ebcda8c96c68856a7810f7c edf8fbbfd3e69ebcda8c96c68c6bb188419d6e016b f7fcfde0ecf4bfd3e69ebcda8c96c68c6bb188419d6e016b f7fcfde0ecf4bfd3e69ebcda8c96c68c6bb188419d810f7c4d004b",
  CB_RDPU:
    "fde0ddfa9fb5c51b8a feebe2fbb4b9f768a1ae017e feebe2fbb4b9f768a1c51b8a7a0177 feebe2fcc5c0fa9fb5f768a1c51b8a7a0177 feebe2fcc5c0fa9fb5f768a1dd3497ae017e7a0177 fff7f3fde0ddfcc5c0fa9fb5f768a1dd3497ae017e7a0177 fff7f3fde0ddfcc5c0fa9fb5f768a1dd3497ae017e7a017749006a",
  CB_PURD:
    "e7e1efc994c7dd1c77 f1eef6d7b5d8df65b0ce1256 f1eef6d7b5d8df65b0dd1c77980043 f1eef6d4b9dac994c7df65b0dd1c77980043 f1eef6d4b9dac994c7df65b0e7298ace125691003f f7f4f9e7e1efd4b9dac994c7df65b0e7298ace125691003f f7f4f9e7e1efd4b9dac994c7df65b0e7298ace125698004367001f",
  CB_ORRD:
    "fee8c8fdbb84e34a33 fef0d9fdcc8afc8d59d7301f fef0d9fdcc8afc8d59e34a33b30000 fef0d9fdd49efdbb84fc8d59e34a33b30000 fef0d9fdd49efdbb84fc8d59ef6548d7301f990000 fff7ecfee8c8fdd49efdbb84fc8d59ef6548d7301f990000 fff7ecfee8c8fdd49efdbb84fc8d59ef6548d7301fb300007f0000",
  CB_YLORRD:
    "ffeda0feb24cf03b20 ffffb2fecc5cfd8d3ce31a1c ffffb2fecc5cfd8d3cf03b20bd0026 ffffb2fed976feb24cfd8d3cf03b20bd0026 ffffb2fed976feb24cfd8d3cfc4e2ae31a1cb10026 ffffccffeda0fed976feb24cfd8d3cfc4e2ae31a1cb10026 ffffccffeda0fed976feb24cfd8d3cfc4e2ae31a1cbd0026800026",
  CB_YLORBR:
    "fff7bcfec44fd95f0e ffffd4fed98efe9929cc4c02 ffffd4fed98efe9929d95f0e993404 ffffd4fee391fec44ffe9929d95f0e993404 ffffd4fee391fec44ffe9929ec7014cc4c028c2d04 ffffe5fff7bcfee391fec44ffe9929ec7014cc4c028c2d04 ffffe5fff7bcfee391fec44ffe9929ec7014cc4c02993404662506",
  CB_PURPLES:
    "efedf5bcbddc756bb1 f2f0f7cbc9e29e9ac86a51a3 f2f0f7cbc9e29e9ac8756bb154278f f2f0f7dadaebbcbddc9e9ac8756bb154278f f2f0f7dadaebbcbddc9e9ac8807dba6a51a34a1486 fcfbfdefedf5dadaebbcbddc9e9ac8807dba6a51a34a1486 fcfbfdefedf5dadaebbcbddc9e9ac8807dba6a51a354278f3f007d",
  CB_BLUES:
    "deebf79ecae13182bd eff3ffbdd7e76baed62171b5 eff3ffbdd7e76baed63182bd08519c eff3ffc6dbef9ecae16baed63182bd08519c eff3ffc6dbef9ecae16baed64292c62171b5084594 f7fbffdeebf7c6dbef9ecae16baed64292c62171b5084594 f7fbffdeebf7c6dbef9ecae16baed64292c62171b508519c08306b",
  CB_GREENS:
    "e5f5e0a1d99b31a354 edf8e9bae4b374c476238b45 edf8e9bae4b374c47631a354006d2c edf8e9c7e9c0a1d99b74c47631a354006d2c edf8e9c7e9c0a1d99b74c47641ab5d238b45005a32 f7fcf5e5f5e0c7e9c0a1d99b74c47641ab5d238b45005a32 f7fcf5e5f5e0c7e9c0a1d99b74c47641ab5d238b45006d2c00441b",
  CB_ORANGES:
    "fee6cefdae6be6550d feeddefdbe85fd8d3cd94701 feeddefdbe85fd8d3ce6550da63603 feeddefdd0a2fdae6bfd8d3ce6550da63603 feeddefdd0a2fdae6bfd8d3cf16913d948018c2d04 fff5ebfee6cefdd0a2fdae6bfd8d3cf16913d948018c2d04 fff5ebfee6cefdd0a2fdae6bfd8d3cf16913d94801a636037f2704",
  CB_REDS:
    "fee0d2fc9272de2d26 fee5d9fcae91fb6a4acb181d fee5d9fcae91fb6a4ade2d26a50f15 fee5d9fcbba1fc9272fb6a4ade2d26a50f15 fee5d9fcbba1fc9272fb6a4aef3b2ccb181d99000d fff5f0fee0d2fcbba1fc9272fb6a4aef3b2ccb181d99000d fff5f0fee0d2fcbba1fc9272fb6a4aef3b2ccb181da50f1567000d",
  CB_GREYS:
    "f0f0f0bdbdbd636363 f7f7f7cccccc969696525252 f7f7f7cccccc969696636363252525 f7f7f7d9d9d9bdbdbd969696636363252525 f7f7f7d9d9d9bdbdbd969696737373525252252525 fffffff0f0f0d9d9d9bdbdbd969696737373525252252525 fffffff0f0f0d9d9d9bdbdbd969696737373525252252525000000",
  CB_PUOR:
    "f1a340f7f7f7998ec3 e66101fdb863b2abd25e3c99 e66101fdb863f7f7f7b2abd25e3c99 b35806f1a340fee0b6d8daeb998ec3542788 b35806f1a340fee0b6f7f7f7d8daeb998ec3542788 b35806e08214fdb863fee0b6d8daebb2abd28073ac542788 b35806e08214fdb863fee0b6f7f7f7d8daebb2abd28073ac542788 7f3b08b35806e08214fdb863fee0b6d8daebb2abd28073ac5427882d004b 7f3b08b35806e08214fdb863fee0b6f7f7f7d8daebb2abd28073ac5427882d004b",
  CB_BRBG:
    "d8b365f5f5f55ab4ac a6611adfc27d80cdc1018571 a6611adfc27df5f5f580cdc1018571 8c510ad8b365f6e8c3c7eae55ab4ac01665e 8c510ad8b365f6e8c3f5f5f5c7eae55ab4ac01665e 8c510abf812ddfc27df6e8c3c7eae580cdc135978f01665e 8c510abf812ddfc27df6e8c3f5f5f5c7eae580cdc135978f01665e 5430058c510abf812ddfc27df6e8c3c7eae580cdc135978f01665e003c30 5430058c510abf812ddfc27df6e8c3f5f5f5c7eae580cdc135978f01665e003c30",
  CB_PRGN:
    "af8dc3f7f7f77fbf7b 7b3294c2a5cfa6dba0008837 7b3294c2a5cff7f7f7a6dba0008837 762a83af8dc3e7d4e8d9f0d37fbf7b1b7837 762a83af8dc3e7d4e8f7f7f7d9f0d37fbf7b1b7837 762a839970abc2a5cfe7d4e8d9f0d3a6dba05aae611b7837 762a839970abc2a5cfe7d4e8f7f7f7d9f0d3a6dba05aae611b7837 40004b762a839970abc2a5cfe7d4e8d9f0d3a6dba05aae611b783700441b 40004b762a839970abc2a5cfe7d4e8f7f7f7d9f0d3a6dba05aae611b783700441b",
  CB_PIYG:
    "e9a3c9f7f7f7a1d76a d01c8bf1b6dab8e1864dac26 d01c8bf1b6daf7f7f7b8e1864dac26 c51b7de9a3c9fde0efe6f5d0a1d76a4d9221 c51b7de9a3c9fde0eff7f7f7e6f5d0a1d76a4d9221 c51b7dde77aef1b6dafde0efe6f5d0b8e1867fbc414d9221 c51b7dde77aef1b6dafde0eff7f7f7e6f5d0b8e1867fbc414d9221 8e0152c51b7dde77aef1b6dafde0efe6f5d0b8e1867fbc414d9221276419 8e0152c51b7dde77aef1b6dafde0eff7f7f7e6f5d0b8e1867fbc414d9221276419",
  CB_RDBU:
    "ef8a62f7f7f767a9cf ca0020f4a58292c5de0571b0 ca0020f4a582f7f7f792c5de0571b0 b2182bef8a62fddbc7d1e5f067a9cf2166ac b2182bef8a62fddbc7f7f7f7d1e5f067a9cf2166ac b2182bd6604df4a582fddbc7d1e5f092c5de4393c32166ac b2182bd6604df4a582fddbc7f7f7f7d1e5f092c5de4393c32166ac 67001fb2182bd6604df4a582fddbc7d1e5f092c5de4393c32166ac053061 67001fb2182bd6604df4a582fddbc7f7f7f7d1e5f092c5de4393c32166ac053061",
  CB_RDGY:
    "ef8a62ffffff999999 ca0020f4a582bababa404040 ca0020f4a582ffffffbababa404040 b2182bef8a62fddbc7e0e0e09999994d4d4d b2182bef8a62fddbc7ffffffe0e0e09999994d4d4d b2182bd6604df4a582fddbc7e0e0e0bababa8787874d4d4d b2182bd6604df4a582fddbc7ffffffe0e0e0bababa8787874d4d4d 67001fb2182bd6604df4a582fddbc7e0e0e0bababa8787874d4d4d1a1a1a 67001fb2182bd6604df4a582fddbc7ffffffe0e0e0bababa8787874d4d4d1a1a1a",
  CB_RDYLBU:
    "fc8d59ffffbf91bfdb d7191cfdae61abd9e92c7bb6 d7191cfdae61ffffbfabd9e92c7bb6 d73027fc8d59fee090e0f3f891bfdb4575b4 d73027fc8d59fee090ffffbfe0f3f891bfdb4575b4 d73027f46d43fdae61fee090e0f3f8abd9e974add14575b4 d73027f46d43fdae61fee090ffffbfe0f3f8abd9e974add14575b4 a50026d73027f46d43fdae61fee090e0f3f8abd9e974add14575b4313695 a50026d73027f46d43fdae61fee090ffffbfe0f3f8abd9e974add14575b4313695",
  CB_SPECTRAL:
    "fc8d59ffffbf99d594 d7191cfdae61abdda42b83ba d7191cfdae61ffffbfabdda42b83ba d53e4ffc8d59fee08be6f59899d5943288bd d53e4ffc8d59fee08bffffbfe6f59899d5943288bd d53e4ff46d43fdae61fee08be6f598abdda466c2a53288bd d53e4ff46d43fdae61fee08bffffbfe6f598abdda466c2a53288bd 9e0142d53e4ff46d43fdae61fee08be6f598abdda466c2a53288bd5e4fa2 9e0142d53e4ff46d43fdae61fee08bffffbfe6f598abdda466c2a53288bd5e4fa2",
  CB_RDYLGN:
    "fc8d59ffffbf91cf60 d7191cfdae61a6d96a1a9641 d7191cfdae61ffffbfa6d96a1a9641 d73027fc8d59fee08bd9ef8b91cf601a9850 d73027fc8d59fee08bffffbfd9ef8b91cf601a9850 d73027f46d43fdae61fee08bd9ef8ba6d96a66bd631a9850 d73027f46d43fdae61fee08bffffbfd9ef8ba6d96a66bd631a9850 a50026d73027f46d43fdae61fee08bd9ef8ba6d96a66bd631a9850006837 a50026d73027f46d43fdae61fee08bffffbfd9ef8ba6d96a66bd631a9850006837",
};

/** Palettes for categories: the colours in their order, and the one for all other values. */
const CATEGORIES: Readonly<Record<string, readonly [colors: string, others: string]>> = {
  ANTIQUE: ["855c75d9af6baf6458736f4c526a8362537768855c9c9c5ea061778c785d467378", "7c7c7c"],
  BOLD: ["7f3c8d11a5793969acf2b701e73f7480ba5ae68310008695cf1c90f97b724b4b8f", "a5aa99"],
  PASTEL: ["66c5ccf6cf71f89c74dcb0f287c55f9eb9f3fe88b1c9db748be0a4b497e7d3b484", "b3b3b3"],
  PRISM: ["5f46901d699638a6a50f855473af48edad08e17c05cc503e94346e6f4070994e95", "666666"],
  SAFE: ["88cceecc6677ddcc77117733332288aa449944aa999999338822556611006699cc", "888888"],
  VIVID: ["e586065d69b152bca399c945cc61b024796cdaa51b2f8ac4764e9fed645acc3a8e", "a5aa99"],
  CB_ACCENT: ["7fc97fbeaed4fdc086ffff99386cb0f0027fbf5b17666666", "a5aa99"],
  CB_DARK2: ["1b9e77d95f027570b3e7298a66a61ee6ab02a6761d666666", "a5aa99"],
  CB_PAIRED: ["a6cee31f78b4b2df8a33a02cfb9a99e31a1cfdbf6fff7f00cab2d66a3d9affff99b15928", "a5aa99"],
  CB_PASTEL1: ["fbb4aeb3cde3ccebc5decbe4fed9a6ffffcce5d8bdfddaecf2f2f2", "a5aa99"],
  CB_PASTEL2: ["b3e2cdfdcdaccbd5e8f4cae4e6f5c9fff2aef1e2cccccccc", "a5aa99"],
  CB_SET1: ["e41a1c377eb84daf4a984ea3ff7f00ffff33a65628f781bf999999", "a5aa99"],
  CB_SET2: ["66c2a5fc8d628da0cbe78ac3a6d854ffd92fe5c494b3b3b3", "a5aa99"],
  CB_SET3: ["8dd3c7ffffb3bebadafb807280b1d3fdb462b3de69fccde5d9d9d9bc80bdccebc5ffed6f", "a5aa99"],
};

/** Whether a palette is one for categories, whose colours have no order. */
export function isForCategories(name: PaletteName): boolean {
  return Object.hasOwn(CATEGORIES, name);
}

/** The colour for values outside the categories. */
export function othersColor(name: PaletteName | undefined): string {
  return `#${name === undefined ? DEFAULT_OTHERS : CATEGORIES[name]?.[1] ?? DEFAULT_OTHERS}`;
}

const DEFAULT_OTHERS = "a5aa99";

/** As many colours of a palette as there are classes; in between where it has no list of that length. */
export function paletteColors(name: PaletteName, count: number): string[] {
  const categories = CATEGORIES[name]?.[0];
  if (categories !== undefined) {
    const colors = split(categories);
    return count <= colors.length ? colors.slice(0, count) : spread(colors, count);
  }
  const lists = (RAMPS[name] ?? "").split(" ").map(split);
  // A single class takes the middle, for the first colour of a ramp is often too light to be seen
  if (count === 1) return spread(lists.at(-1) ?? [], 1);
  return lists.find((list) => list.length === count) ?? spread(lists.at(-1) ?? [], count);
}

/** The colours of a continuous ramp: the longest list. */
export function rampColors(name: PaletteName): string[] {
  const categories = CATEGORIES[name]?.[0];
  return categories === undefined ? split((RAMPS[name] ?? "").split(" ").at(-1) ?? "") : split(categories);
}

/** As many colours at equal steps along a list as are wanted; a list of that length stays as it is. */
export function spread(colors: readonly string[], count: number): string[] {
  if (colors.length === count) return [...colors];
  return Array.from({ length: count }, (_, i) => {
    const at = count === 1 ? (colors.length - 1) / 2 : i * (colors.length - 1) / (count - 1);
    const left = Math.floor(at);
    const from = colors[left] ?? "#000000";
    return at === left ? from : mixColors(from, colors[left + 1] ?? from, at - left);
  });
}

function split(digits: string): string[] {
  return (digits.match(/.{6}/g) ?? []).map((color) => `#${color}`);
}
