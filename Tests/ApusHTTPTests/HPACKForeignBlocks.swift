/// Blocks that another implementation wrote, PyPI's `hpack` 4.2.0, of fields made by chance: several of a connection, with
/// and without Huffman code, with table limits that change.
enum HPACKForeignBlocks {
    struct Block {
        /// Whether it is the first of its connection.
        let isFirst: Bool
        let bytes: String
        let fields: [(String, String)]
        let count: Int
        let size: Int

        init(_ isFirst: Bool, _ bytes: String, _ fields: [(String, String)], count: Int, size: Int) {
            self.isFirst = isFirst
            self.bytes = bytes
            self.fields = fields
            self.count = count
            self.size = size
        }
    }

    static let all: [Block] = [
        Block(
            true,
            """
            4089f2b585ed6950958d27807e853f25ffdfc77781677782fff36285adbffcedc35889c3cb5dc8fffef6761f7f03904459fe
            24f87b85eff76f0d583ffa1ff9
            """,
            [
                (#"x-request-id"#, ##""##),
                (#"x-request-id"#, ##"oW.+&"##),
                (#"set-cookie"#, ##"3"##),
                (#"set-cookie"#, ##"^"##),
                (#"etag"#, ##"p5$RF"##),
                (#"cache-control"#, ##"FWP:b`q7A"##),
                (#"x-request-id"#, ##"s_L&d&8UC+uUOE~1|"##),
            ], count: 7, size: 335),
        Block(
            false,
            """
            4181bd5381635382133f5892ff5f7fc65ffcfa981f00dbff3df5ffec3ffd7a8a9bd9abfa5242cb40d25f
            """,
            [
                (#":authority"#, ##"C"##),
                (#"accept"#, ##"/"##),
                (#"accept"#, ##"23"##),
                (#"cache-control"#, ##"';!J$yg0&0R|zk~A~"##),
                (#"user-agent"#, ##"gzip, deflate"##),
            ], count: 12, size: 574),
        Block(
            true,
            """
            4402564441013777016f5f0d677a69702c206465666c6174654005782d6f776e0527515c5425100c782d726571756573742d
            696409244e7c554339253d561f09287c746d495045346e425c7b33287b22605f5e4d60255e594c5876212e5a4738786f2855
            292746773276023136
            """,
            [
                (#":path"#, ##"VD"##),
                (#":authority"#, ##"7"##),
                (#"set-cookie"#, ##"o"##),
                (#"content-type"#, ##"gzip, deflate"##),
                (#"x-own"#, ##"'Q\T%"##),
                (#"x-request-id"#, ##"$N|UC9%=V"##),
                (#"cache-control"#, ##"|tmIPE4nB\{3({"`_^M`%^YLXv!.ZG8xo(U)'Fw2"##),
                (#"server"#, ##"16"##),
            ], count: 6, size: 264),
        Block(
            false,
            """
            448ae3f7bef7ffeb7fcd1d3f4089f2b585ed6950958d27807f0287497ca589d34d1f
            """,
            [
                (#":path"#, ##"V;TC{u?Mj"##),
                (#"x-request-id"#, ##""##),
                (#"x-own"#, ##"text/html"##),
            ], count: 9, size: 400),
        Block(
            false,
            """
            3f09620528783f2671620961345d6961254259711f2728324e3d515e5979222d3a37313e35603e7c6755564b483622796450
            2d793e4b5862244f3279536038
            """,
            [
                (#"etag"#, ##"(x?&q"##),
                (#"etag"#, ##"a4]ia%BYq"##),
                (#"server"#, ##"2N=Q^Yy"-:71>5`>|gUVKH6"ydP-y>KXb$O2yS`8"##),
            ], count: 0, size: 0),
        Block(
            true,
            """
            7a88e9d26f39e3bbb63f40889acac8b21234da8f801f1f81a3
            """,
            [
                (#"user-agent"#, ##"jjgxLbBRb"##),
                (#"grpc-status"#, ##""##),
                (#"location"#, ##"l"##),
            ], count: 2, size: 94),
        Block(
            false,
            """
            3f094182133f40889acac8b21234da8fa69e0e42ffb676cf77e7f3fdd7eaeff35aece5cbafe20cf4e5cfff5ff7fc3d9eb87c
            f8dbffe7ef4084f2b1fc55929c199ef7fffb133e7f8ffee7af5c9ffeff7f10889acac8b21234da8f81e3778107
            """,
            [
                (#":authority"#, ##"23"##),
                (#"grpc-status"#, ##"h=W2>3RhB*X+pyB"p.3JJP&=LmJL#>!8LpAxwR^Z"##),
                (#"x-own"#, ##"h0K8z{G3x!~LpPd})"##),
                (#"grpc-status"#, ##"V"##),
                (#"set-cookie"#, ##"0"##),
            ], count: 0, size: 0),
        Block(
            false,
            """
            2077887ffab9e2fe7bf8c9
            """,
            [
                (#"set-cookie"#, ##"9(:wDLDHc"##)
            ], count: 0, size: 0),
        Block(
            false,
            """
            4084f2b1fc558177ba5f820b7f5f85ffbe1e0df95087b699b3881aff177a81636e90ba2ee56f471fe3fd5efd781ff267bfbf
            4084f2b1fc5587497ca589d34d1f
            """,
            [
                (#"x-own"#, ##"7"##),
                (#"user-agent"#, ##""##),
                (#"content-type"#, ##"15"##),
                (#"content-type"#, ##">UwiX"##),
                (#"accept-encoding"#, ##"umgL20PX."##),
                (#"user-agent"#, ##"/"##),
                (#"location"#, ##"B2ve5MV!'CZ80|g8)"##),
                (#"x-own"#, ##"text/html"##),
            ], count: 0, size: 0),
        Block(
            false,
            """
            538208bf40889acac8b21234da8f8ac8ffff5c83fff31b7b7f1f2b8273eb778a9bd9abfa5242cb40d25f4089f2b585ed6950
            958d27815b7789ef859b797ffdc1f53f1f098213df
            """,
            [
                (#"accept"#, ##"12"##),
                (#"grpc-status"#, ##"I9~6={/Rq"##),
                (#"user-agent"#, ##"6,"##),
                (#"set-cookie"#, ##"gzip, deflate"##),
                (#"x-request-id"#, ##"-"##),
                (#"set-cookie"#, ##"vF3uW`E,h"##),
                (#"cache-control"#, ##"28"##),
            ], count: 0, size: 0),
        Block(
            false,
            """
            58811753871ae5f23a6ba0bf9358820b5f7787497ca589d34d1f538527f057aeff
            """,
            [
                (#"cache-control"#, ##"2"##),
                (#"accept"#, ##"a.example"##),
                (#"accept"#, ##""##),
                (#"cache-control"#, ##"14"##),
                (#"set-cookie"#, ##"text/html"##),
                (#"accept"#, ##"c!e8B"##),
            ], count: 0, size: 0),
        Block(
            true,
            """
            5f840e57e75f40889acac8b21234da8f86ff5b7faffa0f6291ffdddcfad06e7f3ffdfec382dfffadcccf7f00871ae5f23a6b
            a0bf
            """,
            [
                (#"content-type"#, ##"1J9h."##),
                (#"grpc-status"#, ##"'R(#1"##),
                (#"etag"#, ##"[BLPsiY*~)1Eu`5g3"##),
                (#"grpc-status"#, ##"a.example"##),
            ], count: 4, size: 202),
        Block(
            false,
            """
            448278df77810f7a83f7ffcf7786a8eb2127b0bf76816f
            """,
            [
                (#":path"#, ##"8i"##),
                (#"set-cookie"#, ##"1"##),
                (#"user-agent"#, ##"z]"##),
                (#"set-cookie"#, ##"no-store"##),
                (#"server"#, ##"5"##),
            ], count: 9, size: 417),
        Block(
            false,
            """
            3f616e282c2e3636753d533828655070655377317d2a2f563650555a51467968297c2d7b5a4f7b624b3c6c53770135
            """,
            [
                (#"location"#, ##",.66u=S8(ePpeSw1}*/V6PUZQFyh)|-{ZO{bK<lS"##),
                (#"set-cookie"#, ##"5"##),
            ], count: 2, size: 123),
        Block(
            false,
            """
            3fe1034005782d6f776e09746578742f68746d6c
            """,
            [
                (#"x-own"#, ##"text/html"##)
            ], count: 3, size: 169),
        Block(
            true,
            """
            4482107f62aaf377e22ff9ffe121e7fffbfe23ff7cbff20a8197fff87fe7ffc6fed7ba85b533ff2e7ffcb779c01dddff
            """,
            [
                (#":path"#, ##"21"##),
                (#"etag"#, ##"xB&_|^cAY{|s[W$0n0J\$^5;.Bs-O3|:<uTo01Sv"##),
            ], count: 2, size: 115),
        Block(
            false,
            """
            3f61907a88849aefbb9f9e8f7f
            """,
            [
                (#"accept-encoding"#, ##"gzip, deflate"##),
                (#"user-agent"#, ##"AcPD7LYMz"##),
            ], count: 2, size: 127),
        Block(
            false,
            """
            1f2881fd538a9bd9abfa5242cb40d25f
            """,
            [
                (#"set-cookie"#, ##"Z"##),
                (#"accept"#, ##"gzip, deflate"##),
            ], count: 2, size: 102),
        Block(
            true,
            """
            7a93fff79ffd7f72e4feb7c5a969bff9ffe315ffbf
            """,
            [
                (#"user-agent"#, ##"}Y#)fI(T_O-g]^/p+"##)
            ], count: 1, size: 59),
        Block(
            false,
            """
            418173768a9bd9abfa5242cb40d25f1f2b820b3f538ac15ddc71efdbf1fffc3f10889acac8b21234da8f82c9cf508163
            """,
            [
                (#":authority"#, ##"6"##),
                (#"server"#, ##"gzip, deflate"##),
                (#"user-agent"#, ##"13"##),
                (#"accept"#, ##"EpBHbTR&\"##),
                (#"grpc-status"#, ##"IY"##),
                (#"accept-encoding"#, ##"/"##),
            ], count: 5, size: 248),
        Block(
            false,
            """
            6281074089f2b585ed6950958d27816b7686a8eb2127b0bf7f008177
            """,
            [
                (#"etag"#, ##"0"##),
                (#"x-request-id"#, ##"4"##),
                (#"server"#, ##"no-store"##),
                (#"x-request-id"#, ##"7"##),
            ], count: 9, size: 421),
        Block(
            true,
            """
            41026c387a0232384005782d6f776e0d677a69702c206465666c617465400c782d726571756573742d696400620231305809
            393945443a5b7a59265f023c79
            """,
            [
                (#":authority"#, ##"l8"##),
                (#"user-agent"#, ##"28"##),
                (#"x-own"#, ##"gzip, deflate"##),
                (#"x-request-id"#, ##""##),
                (#"etag"#, ##"10"##),
                (#"cache-control"#, ##"99ED:[zY&"##),
                (#"content-type"#, ##"<y"##),
            ], count: 7, size: 320),
        Block(
            false,
            """
            3fe1036e87497ca589d34d1f
            """,
            [
                (#"location"#, ##"text/html"##)
            ], count: 8, size: 369),
        Block(
            false,
            """
            3f6144287b5776272b6b33514a2d716a742a32607d43315f597423664c5f2233264741466e2657793d2c413553086e6f2d73
            746f72651005782d6f776e094d5269343970432b49901f27086e6f2d73746f7265
            """,
            [
                (#":path"#, ##"{Wv'+k3QJ-qjt*2`}C1_Yt#fL_"3&GAFn&Wy=,A5"##),
                (#"accept"#, ##"no-store"##),
                (#"x-own"#, ##"MRi49pC+I"##),
                (#"accept-encoding"#, ##"gzip, deflate"##),
                (#"server"#, ##"no-store"##),
            ], count: 2, size: 123),
        Block(
            false,
            """
            760131
            """,
            [
                (#"server"#, ##"1"##)
            ], count: 2, size: 85),
        Block(
            false,
            """
            4482133f7786a8eb2127b0bf77820b7f76871ae5f23a6ba0bf1f288a8bffe7ffea346b83271f7681077a89d9bd7bd5ff9431
            fff7
            """,
            [
                (#":path"#, ##"23"##),
                (#"set-cookie"#, ##"no-store"##),
                (#"set-cookie"#, ##"15"##),
                (#"server"#, ##"a.example"##),
                (#"set-cookie"#, ##"_<{lMP=IV"##),
                (#"server"#, ##"0"##),
                (#"user-agent"#, ##"QT.Cp?l/`"##),
            ], count: 2, size: 90),
        Block(
            true,
            """
            4005782d6f776e0136760136
            """,
            [
                (#"x-own"#, ##"6"##),
                (#"server"#, ##"6"##),
            ], count: 2, size: 77),
        Block(
            false,
            """
            4401304105463f4670705f086e6f2d73746f726550112277442726462d464f3a532923385b355576012fba1f2809612e6578
            616d706c656e09612e6578616d706c65
            """,
            [
                (#":path"#, ##"0"##),
                (#":authority"#, ##"F?Fpp"##),
                (#"content-type"#, ##"no-store"##),
                (#"accept-encoding"#, ##""wD'&F-FO:S)#8[5U"##),
                (#"server"#, ##"/"##),
                (#"user-agent"#, ##""##),
                (#"set-cookie"#, ##"a.example"##),
                (#"location"#, ##"a.example"##),
            ], count: 8, size: 366),
        Block(
            false,
            """
            7a820bff
            """,
            [
                (#"user-agent"#, ##"19"##)
            ], count: 9, size: 410),
        Block(
            true,
            """
            44282956697657702f4b456d72592a376b6b4b5a6d317d573130362f2e7b53782d7a7753444e5f5a782a77113852562e3e38
            283b786838654d34314270400b677270632d7374617475730130a25f09612e6578616d706c65
            """,
            [
                (#":path"#, ##")VivWp/KEmrY*7kkKZm1}W106/.{Sx-zwSDN_Zx*"##),
                (#"set-cookie"#, ##"8RV.>8(;xh8eM41Bp"##),
                (#"grpc-status"#, ##"0"##),
                (#"etag"#, ##""##),
                (#"content-type"#, ##"a.example"##),
            ], count: 4, size: 233),
        Block(
            false,
            """
            20100c782d726571756573742d69640232371f01026555400b677270632d737461747573057a57522346
            """,
            [
                (#"x-request-id"#, ##"27"##),
                (#"accept-encoding"#, ##"eU"##),
                (#"grpc-status"#, ##"zWR#F"##),
            ], count: 0, size: 0),
        Block(
            false,
            """
            3fe1035f023130400c782d726571756573742d6964283839212b3173794b44656b49482952725344356e602c54633f214f5b
            7d3d35657b595061794a69687a01591f28023235502832657a43342c5a7d52696163402c2c7b53577142332e3859757b3b3c
            29533057335250412d29276d400b677270632d7374617475730130
            """,
            [
                (#"content-type"#, ##"10"##),
                (#"x-request-id"#, ##"89!+1syKDekIH)RrSD5n`,Tc?!O[}=5e{YPayJih"##),
                (#"user-agent"#, ##"Y"##),
                (#"set-cookie"#, ##"25"##),
                (#"accept-encoding"#, ##"2ezC4,Z}Riac@,,{SWqB3.8Yu{;<)S0W3RPA-)'m"##),
                (#"grpc-status"#, ##"0"##),
            ], count: 5, size: 304),
        Block(
            false,
            """
            4486ffaffe65b3c77786a8eb2127b0bf5f83ffd0ffb75389fc7c3e3ff9ffc5b2417f0386a8eb2127b0bf4084f2b1fc558749
            7ca589d34d1f
            """,
            [
                (#":path"#, ##"#]Jrw"##),
                (#"set-cookie"#, ##"no-store"##),
                (#"content-type"#, ##"@a"##),
                (#"set-cookie"#, ##""##),
                (#"accept"#, ##"X91w]]-I="##),
                (#"grpc-status"#, ##"no-store"##),
                (#"x-own"#, ##"text/html"##),
            ], count: 9, size: 456),
        Block(
            false,
            """
            5f052e2c55604376026a5d580232379f50023231
            """,
            [
                (#"content-type"#, ##".,U`C"##),
                (#"server"#, ##"j]"##),
                (#"cache-control"#, ##"27"##),
                (#"content-type"#, ##""##),
                (#"accept-encoding"#, ##"21"##),
            ], count: 11, size: 511),
        Block(
            true,
            """
            77056b62577c5758094d2a6e57212543423d4005782d6f776e01391f27026e2a50005001301f280130
            """,
            [
                (#"set-cookie"#, ##"kbW|W"##),
                (#"cache-control"#, ##"M*nW!%CB="##),
                (#"x-own"#, ##"9"##),
                (#"server"#, ##"n*"##),
                (#"accept-encoding"#, ##""##),
                (#"accept-encoding"#, ##"0"##),
                (#"set-cookie"#, ##"0"##),
            ], count: 5, size: 234),
        Block(
            false,
            """
            5f023131
            """,
            [
                (#"content-type"#, ##"11"##)
            ], count: 6, size: 280),
        Block(
            false,
            """
            4481774182fed540889acac8b21234da8f92df0ffd7ff7e3e7b510d5f7fbfd7fefcc4b7f7e86a8eb2127b0bf4089f2b585ed
            6950958d2781636e81075f8a9bd9abfa5242cb40d25f
            """,
            [
                (#":path"#, ##"7"##),
                (#":authority"#, ##")%"##),
                (#"grpc-status"#, ##"TA#~&*qlAn;Z([x_-"##),
                (#"grpc-status"#, ##"no-store"##),
                (#"x-request-id"#, ##"/"##),
                (#"location"#, ##"0"##),
                (#"content-type"#, ##"gzip, deflate"##),
            ], count: 13, size: 616),
        Block(
            false,
            """
            7f01a6f7ffe633b355dc0b9f393fff853fe793c5ffb5ff98ff8863e9b67ff785797f9ff7cfab1fd8e15381f85f82fffd
            """,
            [
                (#"x-request-id"#, ##"z^Ho3nBE.oLc\m?xo_[."b!AbjRh+F.f"+Yk/)aA"##),
                (#"accept"#, ##"&"##),
                (#"content-type"#, ##"{"##),
            ], count: 16, size: 784),
        Block(
            true,
            """
            4182137f40889acac8b21234da8f8210bf6e8208bf7782f7935882ffd71f1086a8eb2127b0bf
            """,
            [
                (#":authority"#, ##"25"##),
                (#"grpc-status"#, ##"22"##),
                (#"location"#, ##"12"##),
                (#"set-cookie"#, ##"zI"##),
                (#"cache-control"#, ##"@"##),
                (#"content-type"#, ##"no-store"##),
            ], count: 5, size: 221),
        Block(
            false,
            """
            7a086e6f2d73746f72655001305309612e6578616d706c65b658023238
            """,
            [
                (#"user-agent"#, ##"no-store"##),
                (#"accept-encoding"#, ##"0"##),
                (#"accept"#, ##"a.example"##),
                (#"server"#, ##""##),
                (#"cache-control"#, ##"28"##),
            ], count: 9, size: 413),
        Block(
            false,
            """
            3fe103628107
            """,
            [
                (#"etag"#, ##"0"##)
            ], count: 10, size: 450),
        Block(
            false,
            """
            44a47d6dcf55d3978868c4b762ff9842b7febb353d14b3ff6f2e5ffd7c609756bbbf1ff2f7fa4084f2b1fc5587497ca589d3
            4d1fc340889acac8b21234da8f84f1d83b594089f2b585ed6950958d278a9bd9abfa5242cb40d25f
            """,
            [
                (#":path"#, ##"9-S8njWwAlG-qe?F1-@q4hlm3>8.e@&EfOPB&|C'"##),
                (#"x-own"#, ##"text/html"##),
                (#"accept-encoding"#, ##"0"##),
                (#"grpc-status"#, ##"wq1R3"##),
                (#"x-request-id"#, ##"gzip, deflate"##),
            ], count: 10, size: 503),
        Block(
            false,
            """
            7e00
            """,
            [
                (#"x-request-id"#, ##""##)
            ], count: 10, size: 501),
        Block(
            true,
            """
            44114757286f58544e50686d5c45512e2579335002365c4005782d6f776e024f416e0231305f2878314764467e2d60233c51
            4162687b4a7d6e272e7c323d3d346c214827313522502e596361765a3d6e0130
            """,
            [
                (#":path"#, ##"GW(oXTNPhm\EQ.%y3"##),
                (#"accept-encoding"#, ##"6\"##),
                (#"x-own"#, ##"OA"##),
                (#"location"#, ##"10"##),
                (#"content-type"#, ##"x1GdF~-`#<QAbh{J}n'.|2==4l!H'15"P.YcavZ="##),
                (#"location"#, ##"0"##),
            ], count: 6, size: 309),
        Block(
            false,
            """
            4482656f5f9257fe7ffb0c7361fcc77e5269fefff3feb5ff4089f2b585ed6950958d278213ff7f05810762827c3f7a91ec09
            f5f143ba7fff61e1ffe6ec5c7fff4d1f04817b
            """,
            [
                (#":path"#, ##"3-"##),
                (#"content-type"#, ##"%|}AbgFXHDfcN)$'P"##),
                (#"x-request-id"#, ##"29"##),
                (#"x-own"#, ##"0"##),
                (#"etag"#, ##"91"##),
                (#"user-agent"#, ##"q0hPVs7N{FU^SGV{g"##),
                (#"accept"#, ##"8"##),
            ], count: 12, size: 590),
        Block(
            false,
            """
            3f097785d0187ebff940889acac8b21234da8f88ed9dbbf055ffd6aa6286a8eb2127b0bf
            """,
            [
                (#"set-cookie"#, ##"M1A,]"##),
                (#"grpc-status"#, ##"qL5D=n~4n"##),
                (#"etag"#, ##"no-store"##),
            ], count: 0, size: 0),
        Block(
            false,
            """
            4109215b4047237a5461665f114d32534449597d7a4f4d6a3e2c2c49796f62095f3c25512a4c413a2b532872734f3e655755
            40677422557c652f7050502f247932646c26436e3e213d7841405f304b476a626b
            """,
            [
                (#":authority"#, ##"![@G#zTaf"##),
                (#"content-type"#, ##"M2SDIY}zOMj>,,Iyo"##),
                (#"etag"#, ##"_<%Q*LA:+"##),
                (#"accept"#, ##"rsO>eWU@gt"U|e/pPP/$y2dl&Cn>!=xA@_0KGjbk"##),
            ], count: 0, size: 0),
        Block(
            false,
            """
            44023f75620231347609612e6578616d706c657702313558023239
            """,
            [
                (#":path"#, ##"?u"##),
                (#"etag"#, ##"14"##),
                (#"server"#, ##"a.example"##),
                (#"set-cookie"#, ##"15"##),
                (#"cache-control"#, ##"29"##),
            ], count: 0, size: 0),
        Block(
            false,
            """
            448437e2f3fa40889acac8b21234da8f8affefff25bb79ec757ff34084f2b1fc55871ae5f23a6ba0bf58816f7787497ca589
            d34d1f
            """,
            [
                (#":path"#, ##"iX.hy"##),
                (#"grpc-status"#, ##"~]fBC8Hn]"##),
                (#"x-own"#, ##"a.example"##),
                (#"cache-control"#, ##"5"##),
                (#"set-cookie"#, ##"text/html"##),
            ], count: 0, size: 0),
    ]
}
